"""Decode sounds of all formats to one channel of one rate and length."""
