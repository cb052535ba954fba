"""A column of vectors, such as VectorAssembler makes, as named numbers."""

from typing import Any

from pyspark.ml.functions import vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources.tables.callers_dataframe_as_source import find_column


def vector_cells(frame: DataFrame, name: str) -> Column:
    """Return the numbers of a column of vectors as an array; null for a missing vector.

    Raises:
        ConfigurationError: the column is missing, or holds no vectors.
    """
    column, kind = find_column(frame, name)
    if not isinstance(kind, VectorUDT):
        raise ConfigurationError(
            f"The column {name!r} of the DataFrame holds {kind.simpleString()}; expected vectors, as VectorAssembler "
            'makes them; or name the columns of other inputs, such as inputs={"content": "image"}.'
        )
    # Spark's function fails at a null.
    return F.when(column.isNotNull(), vector_to_array(column))


def number_texts(cells: Column) -> Column:
    """Return an array of numbers as an array of texts, which preparation reads as they are.

    One cast of the array is fast; hundreds of columns of doubles would need as many expressions that format them.
    """
    return cells.cast("array<string>")


def row_text(cells: Column, names: tuple[str, ...]) -> Column:
    """Return an array of numbers as the text of a record, as `headrace.udf` takes it: a missing number is empty."""
    # One that is missing, too short or too long is rejected later.
    given = F.coalesce(number_texts(cells), F.array().cast("array<string>"))
    whole = F.slice(F.concat(given, F.array_repeat(F.lit(""), len(names))), 1, len(names))
    return F.to_json(F.map_from_arrays(F.array(*map(F.lit, names)), whole))


def expand_vectors(frame: DataFrame, name: str, names: tuple[str, ...]) -> DataFrame:
    """Return a DataFrame with a column for each number in place of a column of arrays.

    Args:
        names: names of the numbers.
    """
    others = [find_column(frame, other)[0] for other in frame.columns if other != name]
    cells = find_column(frame, name)[0]
    return frame.select(*others, *(F.get(cells, index).alias(one) for index, one in enumerate(names)))


def number_names(frame: DataFrame, name: str, sizes: tuple[int | None, int | None]) -> tuple[str, ...]:
    """Return names for the numbers of a column of vectors: those of VectorAssembler, or else numbered ones.

    Args:
        sizes: the smallest and the largest size of the vectors; None if all are null.

    Raises:
        DataError: the vectors are empty, all null, or differ in size.
    """
    size, largest = sizes
    if not size or size != largest:
        found = "only nulls" if size is None else "empty vectors" if not largest else f"sizes from {size} to {largest}"
        raise DataError(f"The column {name!r} of the DataFrame holds {found}; expected vectors of one size.")
    names = _assembled_names(frame.schema[name].metadata if name in frame.columns else {})
    is_usable = len(names) == size and len({one.lower() for one in names}) == size and all(names)
    return names if is_usable else tuple(f"{name}_{index}" for index in range(size))


def _assembled_names(metadata: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of a vector's numbers from a column's metadata; empty ones where it has none."""
    attributes = metadata.get("ml_attr", {}).get("attrs", {})
    found = {int(one["idx"]): str(one.get("name", "")) for kind in attributes.values() for one in kind}
    return tuple(found.get(index, "") for index in range(max(found, default=-1) + 1))
