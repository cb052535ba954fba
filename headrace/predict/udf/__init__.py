"""Predictions as a function of pandas, for DataFrames, SQL and streams."""
