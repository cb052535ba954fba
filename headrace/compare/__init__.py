"""Compare trained models on the same rows: their predictions, their metrics with paired intervals, and a page."""
