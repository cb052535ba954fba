"""Predictions as columns and files."""
