"""`make bench`: the figures that the README quotes, measured again."""
