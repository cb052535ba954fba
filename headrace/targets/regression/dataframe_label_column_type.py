"""The label column of a DataFrame: numbers, or text that is a number."""

from headrace.targets.classification.dataframe_label_column_type import EXPECTED, label_column

__all__ = ["EXPECTED", "label_column"]
