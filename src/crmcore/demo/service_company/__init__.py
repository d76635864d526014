"""Demo of field service: a company that maintains boilers."""
