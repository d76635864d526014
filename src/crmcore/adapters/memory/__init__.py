"""The honest in-memory store: a production adapter for tests, demos and small tools."""
