"""Targets of exactly one class per record."""
