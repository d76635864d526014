"""Customers: persons and organisations, with roles and contact data."""
