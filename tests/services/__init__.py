"""What the stories promise."""
