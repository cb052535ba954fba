"""Stream shards as batches on one rank: the plan, Petastorm's worker pool, and tf.data.

No other package imports petastorm.
"""
