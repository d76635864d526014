"""Customers: create, update, import, search, overview (customer 360)."""
