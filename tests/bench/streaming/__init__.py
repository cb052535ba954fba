"""Streaming throughput of Headrace and other libraries on the same rows, as ratios of one interleaved run."""
