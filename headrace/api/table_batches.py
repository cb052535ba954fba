"""Batches of a table's rows for programs that train by themselves: as a `tf.data.Dataset`, or as NumPy arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engines.fast_keras_import import import_engines_lean
from headrace.errors import ConfigurationError
from headrace.stream.decode.target_column import real_rows, real_targets
from headrace.table import Version

if TYPE_CHECKING:
    import tensorflow as tf

    from headrace.stream.tf_data_pipeline import Batches


@dataclass(frozen=True, kw_only=True)
class BatchOrder:
    """The rows that a program reads, and their order.

    Attributes:
        batch_size: rows of a batch on one rank.
        seed: seed of the order, which differs by epoch; None for the order of the shards.
        rank: index of the rank, 0 to `ranks` - 1.
        ranks: number of programs that share the rows.
    """

    batch_size: int
    seed: int | None = None
    rank: int = 0
    ranks: int = 1

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.ranks < 1:
            raise ConfigurationError(
                f"batch_size is {self.batch_size} and ranks is {self.ranks}; expected 1 or more of both."
            )
        if not 0 <= self.rank < self.ranks:
            raise ConfigurationError(f"rank is {self.rank}; expected 0 to {self.ranks - 1}, as ranks is {self.ranks}.")


def batch_dataset(version: Version, split: str, order: BatchOrder, epochs: int) -> "tf.data.Dataset":
    """Return the steps (inputs, target, weight) of a split; see `Table.tf`."""
    import_engines_lean()
    import tensorflow as tf

    batches = _batches(version, split, order)
    # Keras asks for the number of steps, which a dataset from a generator does not know.
    steps = tf.data.experimental.assert_cardinality(epochs * batches.stream.plan.steps)
    dataset = batches.dataset(0, 0, epochs)
    return (dataset if order.ranks > 1 else dataset.map(_without_padding)).apply(steps)


def _without_padding(inputs: Any, target: Any, weight: Any) -> Any:
    """Return the rows of a batch whose weights, or one of whose pixels' weights, are not 0."""
    import tensorflow as tf

    real = tf.reduce_any(tf.reshape(weight, (tf.shape(weight)[0], -1)) > 0, axis=1)

    def real_only() -> Any:
        return tf.nest.map_structure(lambda values: tf.boolean_mask(values, real), (inputs, target, weight))

    return tf.cond(tf.reduce_all(real), lambda: (inputs, target, weight), real_only)


def array_batches(version: Version, split: str, order: BatchOrder, epoch: int, first_step: int) -> Iterator[Any]:
    """Yield the inputs and targets of the real rows of each step of one epoch; see `Table.batches`."""
    for inputs, target, weight in _batches(version, split, order).steps(epoch, first_step, epoch + 1):
        weights = np.asarray(weight)
        real, targets = real_rows(weights), real_targets(np.asarray(target), weights)
        if isinstance(inputs, dict):
            yield {name: np.asarray(one)[real] for name, one in inputs.items()}, targets
        else:
            yield np.asarray(inputs)[real], targets


def _batches(version: Version, split: str, order: BatchOrder) -> "Batches":
    """Return the rows without weights or random changes; padding has the weight 0."""
    import_engines_lean()
    from headrace.stream.batch_plan import lanes_for
    from headrace.stream.build_plan_and_rank_stream import evaluation_plan, rank_stream, training_columns, training_plan
    from headrace.stream.tf_data_pipeline import Batches

    rows = order.batch_size * order.ranks
    if order.seed is None:
        plan = evaluation_plan(version, split, rows, order.ranks)
    else:
        plan = training_plan(version, split, rows, lanes_for(order.ranks, order.batch_size), order.seed)
    columns = training_columns(version.contract)
    return Batches(rank_stream(version, split, plan, columns, order.rank, order.ranks), version.contract)
