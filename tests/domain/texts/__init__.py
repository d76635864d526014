"""What the texts promise."""
