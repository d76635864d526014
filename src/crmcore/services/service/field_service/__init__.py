"""Field service: equipment, service contracts, maintenance plans, replacement."""
