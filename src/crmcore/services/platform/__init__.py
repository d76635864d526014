"""Platform: outbox, scheduled jobs, event feed, inbox, health."""
