"""Deals: life cycle, details, board, stuck deals, imports and queries."""
