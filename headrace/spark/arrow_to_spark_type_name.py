"""Spark's names of Arrow's types."""

import pyarrow as pa


def spark_type(kind: pa.DataType) -> str:
    """Return the name of a type in Spark's SQL, such as `array<float>`."""
    from pyspark.sql.pandas.types import from_arrow_type

    return str(from_arrow_type(kind).simpleString())
