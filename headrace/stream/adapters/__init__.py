"""The steps of the plan for other programs: Petastorm's adapters, PyTorch, NumPy."""
