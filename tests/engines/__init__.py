"""Engine sets beside the default one, and a smoke test of each."""
