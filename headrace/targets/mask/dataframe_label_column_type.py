"""Labels of a DataFrame that are paths of masks."""

from pyspark.sql import Column
from pyspark.sql.types import DataType, StringType

from headrace.prepare.sources.tables.callers_dataframe_as_source import absolute_path

EXPECTED = "paths of masks, as text"


def label_column(column: Column, kind: DataType) -> Column | None:
    """See `DataFrameLabelInterface`; relative paths are below the working directory."""
    return absolute_path(column) if isinstance(kind, StringType) else None
