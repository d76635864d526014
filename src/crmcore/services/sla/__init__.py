"""Service level agreements: SLA policies and escalations."""
