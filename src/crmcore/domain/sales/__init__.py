"""Sales: funnels and deals."""
