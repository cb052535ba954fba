"""Keras callbacks of a run, and the order in which they are called."""
