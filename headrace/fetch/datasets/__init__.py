"""The data sets that `headrace fetch` brings, one module each."""
