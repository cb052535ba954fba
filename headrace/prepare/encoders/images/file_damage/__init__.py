"""Find image files that are truncated, damaged, or hold more than decoders read."""
