"""Numbers and categories as one field of a record of several inputs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration import Prepare
from headrace.contract import Column, Contract
from headrace.features.tabular.row_cells import RowCells
from headrace.features.tabular.storage_encoding import ROW, row_columns
from headrace.features.tabular.vocabulary import MISSING, load_vocabulary
from headrace.prepare.record_observations import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.preparation_plan import PrepareContext


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `RecordFieldInterface`; each cell has a rule of its own for missing values."""
    return {}


def learn(
    spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]
) -> Mapping[str, Any]:
    """See `RecordFieldInterface`."""
    from headrace.features.tabular.fit_transform import fit_columns

    fitted = fit_columns(spark, context, training, column)
    return {"tabular": fitted.spec, "statistics": fitted.statistics, "label_statistics": fitted.labels}


def final_column(settings: Prepare, fields: Mapping[str, Any]) -> Column:
    """See `RecordFieldInterface`."""
    return row_columns(fields["tabular"], settings)[ROW]


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.Array:
    """See `RecordFieldInterface`."""
    spec = contract.tabular_spec
    vocabulary = load_vocabulary(folder, spec)
    cells = [RowCells.from_text(text) for text in values.to_pylist()]
    return pa.array(vocabulary.store(cells, contract.statistics, spec, observations), pa.binary())


def empty_input(contract: Contract) -> bytes:
    """See `RecordFieldInterface`; means of the numbers, and missing categories."""
    means = contract.statistics.mean if contract.statistics else ()
    return np.array([*means, *(MISSING for _ in contract.tabular_spec.categories)], "<f4").tobytes()


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `RecordFieldInterface`; the columns, each with its value."""
    nothing = np.frombuffer(empty_input(contract), "<f4")
    cells, spec = RowCells.from_text(str(staged)), contract.tabular_spec
    described = load_vocabulary(folder, spec).describe(decoded, spec, cells)
    parts = []
    for column, (name, value) in enumerate(described.items()):
        without = decoded.copy()
        without[column] = nothing[column]
        parts.append((f"{name}: {value}", without))
    return parts
