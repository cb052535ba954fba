"""Rows of numbers and categories: a record is a row of a table."""
