"""What deals promise."""
