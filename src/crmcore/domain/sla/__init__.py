"""Service level agreements (SLA): policies, targets, timers, escalation."""
