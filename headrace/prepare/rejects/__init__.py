"""Records that a table leaves out: why each was rejected, and the tables of rejects and duplicates."""
