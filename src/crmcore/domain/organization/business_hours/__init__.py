"""Business hours: when the company is open, and calculations with them."""
