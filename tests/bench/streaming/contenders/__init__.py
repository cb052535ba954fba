"""Programs of their own: each stores the rows in its own way and reads an epoch of them."""
