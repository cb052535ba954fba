"""What runs in the tasks of Spark: records to staged shards, and staged shards to final ones."""
