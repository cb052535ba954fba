"""The data sets of `headrace fetch`, one module each."""
