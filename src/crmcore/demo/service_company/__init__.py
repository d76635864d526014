"""The demo's second act: a company that looks after boilers, its complaints, its technicians' calendars and what it knows."""
