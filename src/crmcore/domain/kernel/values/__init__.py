"""Values that refuse nonsense at birth: money, e-mail, phone, address, period, names and how they are searched."""
