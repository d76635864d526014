"""Import of leads from CSV files, and the CSV format of exports."""
