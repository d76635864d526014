"""Field service: equipment, contracts, maintenance, replacement."""
