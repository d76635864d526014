"""Deals: possible sales, their stages and the history of movements."""
