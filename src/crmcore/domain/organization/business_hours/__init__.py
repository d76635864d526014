"""Working time: when the house is open, and how much of that lies between two instants."""
