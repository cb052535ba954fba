"""A summary and shards for tests of the log, without a preparation."""
