"""Values: money, e-mail, phone, postal address, period, names."""
