"""Sales: leads, funnels and deals."""
