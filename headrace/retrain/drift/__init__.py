"""Drift: how far new training rows are from those that the champion was trained on."""
