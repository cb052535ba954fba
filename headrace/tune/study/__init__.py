"""A study: its folder, its journal, the records of its trials, and its result."""
