"""Declare the interface of an input kind whose inputs can be fields of a record of several inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.contract import Column, Contract
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.input_kind_loader import input_module
from headrace.prepare.kept_record_findings import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.incremental_plan_and_task_context import PrepareContext


class FittedInput(NamedTuple):
    """The result of fitting an input on the training split.

    Attributes:
        spec: specification of the input in the contract.
        labels: statistics of the labels in regression; None if the kind needs none.
    """

    spec: InputSpec
    labels: Statistics | None = None


class MultiInputPreparationInterface(Protocol):
    """The module `multi_input_preparation` of an input kind.

    The first stage stores what the kind's encoder yields: its payload in a column of the input's name, other columns
    under names that begin with it. The second stage fits what needs the training split, such as statistics, and encodes
    the column.
    """

    def empty_row(self, settings: Prepare) -> dict[str, Any]:
        """Return the columns of the first stage, but the hash, of a record without this input.

        Args:
            settings: of a table of this input alone, see `Prepare.of_input`.
        """

    def fit(
        self, spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]
    ) -> "FittedInput":
        """Fit the input on the training split, and return the result.

        Args:
            context: with the settings of a table of this input alone.
            column: name of the input.
            training: shards of the training split, of the first stage.
        """

    def final_column(self, settings: Prepare, spec: Any) -> Column:
        """Return the column of the final shards.

        Args:
            spec: what `fit` returned, of the class of the kind.
        """

    def encode(
        self, values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations
    ) -> pa.Array | pa.ChunkedArray:
        """Return the final values of a column of the first stage.

        Args:
            contract: of this input alone.
            folder: folder of the table, or of a bundle, with what was fitted.
            observations: receives what is found in the values.
        """

    def empty_input(self, contract: Contract) -> bytes:
        """Return the stored value of an uninformative input, the baseline of explanations."""

    def without_parts(
        self, staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
    ) -> list[tuple[str, NDArray[Any]]]:
        """Return the parts of an input that explanations leave out one at a time; none where it has no parts.

        Args:
            staged: value of the first stage.
            decoded: the input as the model takes it, without the axis of rows.
            folder: folder of the bundle, with what was fitted.

        Returns:
            The text of each part, and the input without it, of the same shape.
        """


def multi_input_preparation(kind: str) -> MultiInputPreparationInterface:
    """Return the module `multi_input_preparation` of the input kind `kind`."""
    module: MultiInputPreparationInterface = input_module(kind, "multi_input_preparation")
    return module
