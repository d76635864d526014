"""Escalation: tracked deadlines and step-by-step notifications."""
