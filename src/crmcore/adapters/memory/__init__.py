"""In-memory store: for tests, demos and small tools."""
