"""Templates: documents with placeholders in sandboxed Jinja (ADR-0010)."""
