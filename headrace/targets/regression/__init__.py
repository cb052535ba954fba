"""Targets of one number per record."""
