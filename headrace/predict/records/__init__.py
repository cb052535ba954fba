"""Records in the rows or lines of files: read, prepared and predicted."""
