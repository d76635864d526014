"""Cases: complaints (ISO 10002) and inquiries, with SLAs and escalation."""
