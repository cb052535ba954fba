"""Labels of a DataFrame that are lists of names, or their text."""

from pyspark.sql import Column
from pyspark.sql.types import ArrayType, DataType

from headrace.prepare.sources.tables.callers_dataframe_as_source import is_plain

EXPECTED = "numbers or text or a list of names"


def label_column(column: Column, kind: DataType) -> Column | None:
    """See `DataFrameLabelInterface`."""
    return column if is_plain(kind) or (isinstance(kind, ArrayType) and is_plain(kind.elementType)) else None
