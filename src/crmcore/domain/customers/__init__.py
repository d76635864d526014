"""Customers: one base of everybody the house deals with, in every role, with all ways to reach them."""
