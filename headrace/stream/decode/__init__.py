"""Decoding: stored values -> the arrays that a model takes, and its targets."""
