"""Sounds of one rate and length."""
