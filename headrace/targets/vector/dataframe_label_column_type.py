"""Labels of a DataFrame that are arrays of numbers, vectors of Spark ML, or JSON text."""

from pyspark.ml.functions import vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from headrace.targets.multi_label import dataframe_label_column_type as lists

EXPECTED = "lists of numbers, vectors, or their JSON text"


def label_column(column: Column, kind: DataType) -> Column | None:
    """See `DataFrameLabelInterface`; a vector becomes an array."""
    if isinstance(kind, VectorUDT):
        # Spark's function fails at a null.
        return F.when(column.isNotNull(), vector_to_array(column))
    return lists.label_column(column, kind)
