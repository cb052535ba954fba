"""Targets that are masks: a class for each pixel of an image."""
