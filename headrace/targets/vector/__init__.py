"""Targets that are vectors of numbers of one length."""
