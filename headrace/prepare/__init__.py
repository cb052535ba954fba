"""Raw records -> a version of a table: clean, normalised, split, sharded. Spark; knows nothing of training."""
