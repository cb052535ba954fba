"""How fast batches come: Headrace and what else there is, on the same rows, as ratios of one interleaved run."""
