"""Field service: equipment, contracts, maintenance plans, replacement."""
