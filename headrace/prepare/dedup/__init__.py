"""Decisions that need every record: duplicates, near-duplicates and stratified splits."""
