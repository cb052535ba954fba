"""Vectors of numbers of one length, such as embeddings."""
