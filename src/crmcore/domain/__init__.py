"""Decisions. Pure values and rules: no I/O, no clock, no chance, no ids of its own making."""
