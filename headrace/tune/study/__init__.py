"""A study: its directory, its journal, the records of its trials, and its result."""
