"""Items of a DataFrame, which are one value each."""

from headrace.targets.classification.label_column_of_dataframe import EXPECTED, label_column

__all__ = ["EXPECTED", "label_column"]
