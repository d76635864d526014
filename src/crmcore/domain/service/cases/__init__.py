"""Cases: complaints (ISO 10002) and inquiries, with SLA timers."""
