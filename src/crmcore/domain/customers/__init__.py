"""Customers: persons and organisations in every role, and their contact data."""
