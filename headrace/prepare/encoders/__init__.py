"""What becomes of a record's data: pixels, windows or clean text, its label, and its statistics."""
