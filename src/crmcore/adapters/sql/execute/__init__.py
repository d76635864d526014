"""Execution of compiled statements: connections, executors, libpq pipeline."""
