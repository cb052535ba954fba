"""The page of retraining: the lineage of data, runs and decisions."""
