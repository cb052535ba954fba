"""Shards -> batches on one rank: the plan, Petastorm's reader, and tf.data. The only importer of petastorm."""
