"""Complaints, as ISO 10002 handles them: what they are made of, what happens to them, and their life."""
