"""Engine sets other than the default one, and a smoke test of each."""
