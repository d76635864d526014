"""SLA: policies, targets, timers and escalation."""
