"""Encoders of a record's payload (pixels, windows or clean text) and labels, content hashes, and statistics."""
