"""Verification of a network before it is trained, and of its bundle before it is published."""
