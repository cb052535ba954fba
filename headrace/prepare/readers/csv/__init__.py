"""Read CSV files, and find what in them is probably an accident."""
