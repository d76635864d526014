"""Execution of statements: connections, executors, libpq pipeline."""
