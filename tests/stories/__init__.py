"""Acceptance stories of users, on every store."""
