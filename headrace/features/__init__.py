"""Input kinds, a room each. Each layer loads its own module of a room, by the name of the kind."""
