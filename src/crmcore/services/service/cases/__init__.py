"""Complaints: taking them in, working on them, making good, and bringing them to an end that the customer hears of."""
