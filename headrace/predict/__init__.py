"""Raw files or a table -> predictions, by Spark."""
