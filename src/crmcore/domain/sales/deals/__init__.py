"""Deals: what may be sold to whom, where it stands in its funnel, and everything that moved it there."""
