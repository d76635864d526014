"""Service: what customers have from us, how it wears, what we have promised to do for it, and when it is better replaced."""
