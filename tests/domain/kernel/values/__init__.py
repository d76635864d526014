"""What money, names, addresses and the like promise."""
