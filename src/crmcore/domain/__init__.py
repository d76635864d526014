"""Domain: pure values and rules. No I/O, no clock, no random numbers."""
