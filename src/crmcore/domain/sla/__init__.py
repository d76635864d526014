"""Clocks: how long somebody has waited for an answer and for an end, told from what happened."""
