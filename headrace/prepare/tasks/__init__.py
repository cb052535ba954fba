"""Tasks of Spark: encode records to staged shards, and staged shards to final ones."""
