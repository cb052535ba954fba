"""Labels of a DataFrame that are one value each."""

from pyspark.sql import Column
from pyspark.sql.types import DataType

from headrace.prepare.sources.tables.callers_dataframe_as_source import is_plain

EXPECTED = "numbers or text"


def label_column(column: Column, kind: DataType) -> Column | None:
    """See `DataFrameLabelInterface`."""
    return column if is_plain(kind) else None
