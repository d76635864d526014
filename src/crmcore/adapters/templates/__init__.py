"""Templates: documents with gaps, filled by Jinja behind walls of our own (`docs/decisions/0010`)."""
