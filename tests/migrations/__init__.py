"""What the schema was like in each release, and what a next version might bring."""
