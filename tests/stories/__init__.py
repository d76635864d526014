"""The stories of our users, told from their beginning to their end on every store."""
