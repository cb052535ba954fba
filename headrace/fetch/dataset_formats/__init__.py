"""The file formats in which `headrace fetch` writes data sets."""
