"""Notifiers and publishers: send messages and events to other systems."""
