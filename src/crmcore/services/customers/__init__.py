"""Customers: create, update, import, search, and the overview (customer 360)."""
