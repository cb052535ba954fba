"""Cells of tables that are more than text: names of files, structs of images, arrays of NumPy."""
