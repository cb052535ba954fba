"""Reading shards: Petastorm's workers, integrity, the cache, and columns in memory."""
