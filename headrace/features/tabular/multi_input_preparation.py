"""Numbers and categories as one field of a record of several inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.contract import Column, Contract
from headrace.features.multi_input_preparation_interface import FittedInput
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.parse_row_cells import RowCells
from headrace.features.tabular.record_encoder_in_preparation import ROW, row_columns
from headrace.features.tabular.vocabulary_encoding import MISSING, load_vocabulary
from headrace.prepare.kept_record_findings import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.incremental_plan_and_task_context import PrepareContext


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `MultiInputPreparationInterface`; each cell has a rule of its own for missing values."""
    return {}


def fit(spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]) -> FittedInput:
    """See `MultiInputPreparationInterface`."""
    from headrace.features.tabular.fit_on_training_split import fit_columns

    fitted = fit_columns(spark, context, training, column)
    return FittedInput(fitted.spec, fitted.labels)


def final_column(settings: Prepare, spec: TabularSpec) -> Column:
    """See `MultiInputPreparationInterface`."""
    return row_columns(spec, settings)[ROW]


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.Array:
    """See `MultiInputPreparationInterface`."""
    spec = TabularSpec.of(contract)
    vocabulary = load_vocabulary(folder, spec)
    cells = [RowCells.from_text(text) for text in values.to_pylist()]
    return pa.array(vocabulary.store(cells, spec, observations), pa.binary())


def empty_input(contract: Contract) -> bytes:
    """See `MultiInputPreparationInterface`; means of the numbers, and missing categories."""
    spec = TabularSpec.of(contract)
    return np.array([*spec.statistics.mean, *(MISSING for _ in spec.categories)], "<f4").tobytes()


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `MultiInputPreparationInterface`; the columns, each with its value."""
    nothing = np.frombuffer(empty_input(contract), "<f4")
    cells, spec = RowCells.from_text(str(staged)), TabularSpec.of(contract)
    described = load_vocabulary(folder, spec).describe(decoded, spec, cells)
    parts = []
    for column, (name, value) in enumerate(described.items()):
        without = decoded.copy()
        without[column] = nothing[column]
        parts.append((f"{name}: {value}", without))
    return parts
