"""Checks of prepared rows: expectations, and warnings of splits, weights and values."""
