"""The columns of a table source: their types, and the keys of the configuration that name them."""
