"""Steps that several services share: assignment, escalation, notifications, template variables."""
