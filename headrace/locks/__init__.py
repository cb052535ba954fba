"""Locks: one process at a time works in a directory, on this machine or in a bucket."""
