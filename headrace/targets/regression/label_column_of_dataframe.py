"""The label column of a DataFrame: numbers, or text that is a number."""

from headrace.targets.classification.label_column_of_dataframe import EXPECTED, label_column

__all__ = ["EXPECTED", "label_column"]
