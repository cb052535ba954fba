"""The HTML page of retraining: the lineage of data, runs, versions and decisions."""
