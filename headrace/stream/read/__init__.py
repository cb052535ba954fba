"""Read shards: Petastorm's workers, integrity checks, the cache, and columns in memory."""
