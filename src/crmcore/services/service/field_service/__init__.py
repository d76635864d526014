"""Service: equipment, what was promised for it, its maintenance, and its replacement in time."""
