"""Losses and metrics of a model: named, custom, and summable over ranks."""
