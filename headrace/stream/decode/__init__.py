"""Decode stored values into model inputs and targets."""
