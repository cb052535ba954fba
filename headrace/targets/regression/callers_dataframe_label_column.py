"""Labels of a DataFrame that are one number each."""

from headrace.targets.classification.callers_dataframe_label_column import EXPECTED, label_column

__all__ = ["EXPECTED", "label_column"]
