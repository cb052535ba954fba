"""Decode audio of all formats to one channel of one rate and length."""
