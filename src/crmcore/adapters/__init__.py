"""Adapters: implementations of the ports on libraries and databases."""
