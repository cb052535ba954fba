"""Items of a DataFrame, which are one value each."""

from headrace.targets.classification.dataframe_label_column_type import EXPECTED, label_column

__all__ = ["EXPECTED", "label_column"]
