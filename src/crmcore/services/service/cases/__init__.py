"""Cases: complaints (ISO 10002) and inquiries, with owners, SLAs and escalation."""
