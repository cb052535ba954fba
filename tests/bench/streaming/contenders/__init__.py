"""Standalone programs; each stores the rows in its own format and reads an epoch of them."""
