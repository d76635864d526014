"""Notifiers and publishers: what leaves the house, each by one way out."""
