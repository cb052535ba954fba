"""Rows of a table in the order of time: windows, and their splits."""
