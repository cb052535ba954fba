"""Sets of engines beside the default one: what they are, and a smoke test of each."""
