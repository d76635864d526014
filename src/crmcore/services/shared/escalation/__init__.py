"""Escalation: deadlines that are tracked, and the managers that are notified step by step."""
