"""Deals: moving them on, winning and losing them, and everything that is kept about them."""
