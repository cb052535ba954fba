"""Labels of a DataFrame that are one number each."""

from headrace.targets.classification.dataframe_label_column_type import EXPECTED, label_column

__all__ = ["EXPECTED", "label_column"]
