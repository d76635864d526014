"""Steps that several services share, such as assignment and escalation."""
