"""Shared kernel: entities, fields, values, criteria, ids and errors."""
