"""Turn raw records into a table version: cleaned, normalised, split and sharded by Spark. Independent of training."""
