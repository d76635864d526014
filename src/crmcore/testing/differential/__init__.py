"""Differential testing: run the same commands on several stores and compare; start with `machine`."""
