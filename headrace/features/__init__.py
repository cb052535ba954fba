"""Input kinds, one package each. Each layer loads its own module of a package, by the name of the kind."""
