"""Demo: three simulated months of two companies, through the public API."""
