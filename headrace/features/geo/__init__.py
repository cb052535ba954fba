"""Locations on the Earth, given by latitude and longitude."""
