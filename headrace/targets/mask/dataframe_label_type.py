"""Labels of a DataFrame that are paths of masks."""

from pyspark.sql import Column
from pyspark.sql.types import DataType, StringType

EXPECTED = "paths of masks, as text"


def label_column(column: Column, kind: DataType) -> Column | None:
    """See `DataFrameLabelInterface`."""
    return column if isinstance(kind, StringType) else None
