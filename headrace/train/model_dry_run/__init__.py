"""Try a network on one batch, in a process of its own, before Spark starts."""
