"""Shared kernel: entities, events, fields, values, criteria, ids and errors that all business areas use."""
