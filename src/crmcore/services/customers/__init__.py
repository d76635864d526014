"""Customers: taking them in, getting to know them, finding them, and seeing all that is known on one page."""
