"""Readers of raw files that several data sets share."""
