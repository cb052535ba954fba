"""Tar and zip archives as sources."""
