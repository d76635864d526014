"""Differential testing: run equal commands on several stores.

The results are compared; `machine` is the entry point.
"""
