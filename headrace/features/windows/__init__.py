"""Windows of consecutive rows of time series."""
