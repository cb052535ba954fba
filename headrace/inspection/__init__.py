"""What `headrace inspect` says of a table."""
