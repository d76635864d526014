"""What the errors promise."""
