"""Labels of a classifier: class indices as pyspark.ml has them, or names."""

from dataclasses import dataclass
from typing import Any

from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DataType, NumericType, StringType

from headrace.errors import ConfigurationError, DataError
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.sources.tables.callers_dataframe_as_source import find_column


@dataclass(frozen=True, kw_only=True)
class ClassNames:
    """The classes of an estimator.

    Attributes:
        labels: names as the caller has them, by class index.
        stored: names in the table, by class index.
    """

    labels: tuple[str, ...]
    stored: tuple[str, ...]

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> "ClassNames":
        """Return the classes with these names; a table numbers them where it would read a name as another."""
        are_kept = all(name and normalize_label(name) == name for name in labels) and len({*labels}) == len(labels)
        return cls(labels=labels, stored=labels if are_kept else tuple(map(str, range(len(labels)))))

    def indices(self, classes: tuple[str, ...]) -> tuple[int, ...]:
        """Return the class index of each class of a table; a class without rows is none of them."""
        return tuple(self.stored.index(name) for name in classes)


def is_indexed(kind: DataType) -> bool:
    """Return whether labels of a type are class indices."""
    return isinstance(kind, NumericType)


def require_label_type(frame: DataFrame, name: str, *, has_classes: bool) -> Column:
    """Return the column of the labels.

    Raises:
        ConfigurationError: it is missing, or has a type that labels cannot have.
    """
    column, kind = find_column(frame, name)
    if isinstance(kind, NumericType) or (has_classes and isinstance(kind, StringType | BooleanType)):
        return column
    expected = "class indices from 0, or names" if has_classes else "numbers"
    remedy = "set labelCol to another column, or cast it."
    if isinstance(kind, ArrayType | VectorUDT):
        remedy = f"vectors are trained by headrace.train, prepared with outputs={{{name!r}: 'vector'}}."
    raise ConfigurationError(
        f"The column {name!r} of the DataFrame holds {kind.simpleString()}; expected {expected}; {remedy}"
    )


def label_measures(label: Column) -> dict[str, Column]:
    """Return what `indexed_names` must know of a column of class indices, as aggregates."""
    return {
        "lowest": F.min(label).cast("double"),
        "highest": F.max(label).cast("double"),
        # The remainder of an infinite number is NaN, which is not 0.
        "fractional": F.max(F.when(label.cast("double") % 1 != 0, label).cast("double")),
        "classes": F.count_distinct(label),
    }


def indexed_names(frame: DataFrame, name: str, measured: dict[str, Any]) -> ClassNames:
    """Return the classes of a column of class indices: names are those of StringIndexer, or else the indices.

    Args:
        measured: values of `label_measures`.

    Raises:
        DataError: an index is negative, fractional or no number, or most indices up to the largest have no row.
    """
    lowest, highest, fractional = measured["lowest"], measured["highest"], measured["fractional"]
    wrong = lowest if lowest is not None and lowest < 0 else fractional
    if highest is None or wrong is not None:
        found = "only nulls" if highest is None else f"{wrong:g}"
        raise DataError(
            f"The label column {name!r} holds {found}; expected class indices, 0, 1 and so on, as StringIndexer makes "
            "them."
        )
    names = _indexer_names(frame, name)
    if names and highest >= len(names):
        raise DataError(
            f"The label column {name!r} holds {highest:g}, and its metadata names {len(names)} classes; index it again."
        )
    if not names and highest >= 2 * measured["classes"]:
        raise DataError(
            f"The label column {name!r} holds {measured['classes']} different numbers, up to {highest:g}; expected "
            "class indices, 0, 1 and so on, as StringIndexer makes them."
        )
    return ClassNames.of(names or tuple(map(str, range(int(highest) + 1))))


def stored_label(label: Column, classes: ClassNames) -> Column:
    """Return the name in the table of each class index."""
    return F.get(F.array(*map(F.lit, classes.stored)), label.cast("int"))


def _indexer_names(frame: DataFrame, name: str) -> tuple[str, ...]:
    """Return the names of the classes in the column's metadata; none if it has none."""
    if name not in frame.columns:
        return ()
    attribute = frame.schema[name].metadata.get("ml_attr", {})
    names = tuple(map(str, attribute.get("vals", ())))
    return names or tuple(map(str, range(int(attribute.get("num_vals", 0)))))
