"""What the fields promise."""
