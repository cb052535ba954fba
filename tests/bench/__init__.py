"""`make bench`: measure the figures of docs/benchmarks.md again."""
