"""Records of several inputs by name, such as a photo, its title and its price; each is of another kind."""
