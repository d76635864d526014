"""Outgoing messages, templates and documents."""
