"""Target kinds, a room each. A module of a room is a door: each layer opens its own, by the name of the task."""
