"""Records of the platform: scheduled jobs, event feed, inbox, idempotency."""
