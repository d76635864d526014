"""Compilation of criteria and records to SQL, and the statement cache."""
