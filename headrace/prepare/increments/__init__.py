"""Find what changed in a source since the previous version of its table."""
