"""A bundle -> a model in a format that other programs run, with proof that it gives the bundle's answers."""
