"""Audio of one rate and length."""
