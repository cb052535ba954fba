"""Batches of a table's rows for programs that train by themselves: for Keras, NumPy, Petastorm and PyTorch."""

import importlib.util
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engines.fast_keras_import import import_engines_lean
from headrace.errors import ConfigurationError
from headrace.table import Version

if TYPE_CHECKING:
    import tensorflow as tf

    from headrace.stream.adapters.plan_as_petastorm_reader import PlanReader
    from headrace.stream.adapters.torch_dataset import StepDataset
    from headrace.stream.rank_batch_stream import RankStream
    from headrace.stream.tf_data_pipeline import Batches


log = logging.getLogger(__name__)


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

    # As in `headrace train`, weights are for learning: validation and evaluation count rows alike.
    batches = _batches(version, split, order, weighted=split == "train")
    # Keras asks for the number of steps, which a dataset from a generator does not know.
    steps = tf.data.experimental.assert_cardinality(epochs * batches.stream.plan.steps)
    dataset = batches.dataset(0, 0, epochs)
    if order.ranks == 1:
        dataset = dataset.enumerate().map(_padding_remover(batches.stream))
    return dataset.apply(steps)


def _padding_remover(stream: "RankStream") -> Callable[[Any, Any], Any]:
    """Return a function from the number of a step and its values to the values of its rows.

    Weights do not tell which rows are padding: a mask may ignore all of its pixels.
    """
    import tensorflow as tf

    last = stream.plan.steps - 1
    counts = [stream.plan.lane_rows(lane, range(last, last + 1)) for lane in stream.lanes]
    real = np.concatenate([np.arange(stream.plan.lane_batch) < count for count in counts])

    def remove(number: Any, step: Any) -> Any:
        def real_only() -> Any:
            return tf.nest.map_structure(lambda values: tf.boolean_mask(values, real), step)

        return tf.cond(number % stream.plan.steps == last, real_only, lambda: step)

    return remove


def array_batches(version: Version, split: str, order: BatchOrder, epoch: int, first_step: int) -> Iterator[Any]:
    """Yield the inputs and targets of the real rows of each step of one epoch; see `Table.batches`."""
    import_engines_lean()
    from headrace.stream.adapters.unpadded_numbered_steps import NumberedSteps

    _warn_of_weights(version, split)
    steps = NumberedSteps(_batches(version, split, order))
    if epoch < 0 or not 0 <= first_step <= steps.steps_per_epoch:
        raise ConfigurationError(
            f"epoch is {epoch} and first_step is {first_step}; expected 0 or more, and 0 to {steps.steps_per_epoch}, "
            "the steps of an epoch."
        )
    for step in steps.read(epoch * steps.steps_per_epoch + first_step, epoch + 1):
        yield step.model_inputs(version.contract), step.target


def open_reader(
    version: Version,
    split: str,
    order: BatchOrder,
    *,
    start_step: int,
    epochs: int,
    drop_last: bool,
    for_torch: bool,
) -> "PlanReader":
    """Return the steps of a split through the interface of Petastorm's readers; see `Table.reader`."""
    import_engines_lean()
    from headrace.stream.adapters.plan_as_petastorm_reader import PlanReader
    from headrace.stream.adapters.unpadded_numbered_steps import NumberedSteps

    contract = version.contract
    others = [name for name in (None if for_torch else "path", contract.weight_name) if name in contract.columns]
    steps = NumberedSteps(_batches(version, split, order, pad_to_longest=for_torch), others, drop_last=drop_last)
    arguments = _arguments(split, order, drop_last) | {"for_torch": for_torch}
    return PlanReader(steps, start_step, epochs, arguments, wide_labels=for_torch)


def torch_dataset(
    version: Version, split: str, order: BatchOrder, *, start_step: int, drop_last: bool
) -> "StepDataset":
    """Return the steps of a split as a data set of PyTorch; see `Table.torch`."""
    if importlib.util.find_spec("torch") is None:
        raise ConfigurationError(
            "Table.torch needs PyTorch, which this Python lacks; install the package torch, or use Table.batches, for "
            "the same rows as NumPy arrays."
        )
    import_engines_lean()
    from headrace.stream.adapters.torch_dataset import StepDataset
    from headrace.stream.adapters.unpadded_numbered_steps import NumberedSteps

    _warn_of_weights(version, split)
    steps = NumberedSteps(_batches(version, split, order), drop_last=drop_last)
    return StepDataset(steps, start_step, _arguments(split, order, drop_last))


def _warn_of_weights(version: Version, split: str) -> None:
    """Warn that the weights of training rows are not among what is returned."""
    if version.contract.weight_name and split == "train":
        log.warning(
            "The training rows of %s have weights, which are not returned: Table.tf gives them to Keras, and "
            "Table.reader returns them as the column %r.",
            version.table, version.contract.weight_name,
        )  # fmt: skip


def _arguments(split: str, order: BatchOrder, drop_last: bool) -> dict[str, Any]:
    """Return the arguments, besides the rank, on which the order of the rows depends."""
    sizes = {"batch_size": order.batch_size, "seed": order.seed, "ranks": order.ranks}
    return {"split": split, **sizes, "drop_last": drop_last}


def _batches(
    version: Version, split: str, order: BatchOrder, *, pad_to_longest: bool = False, weighted: bool = False
) -> "Batches":
    """Return the rows without random changes; padding has the weight 0.

    Args:
        weighted: whether rows have the weights of the table's column, if it has one.
    """
    import_engines_lean()
    from headrace.stream.batch_plan import lanes_for
    from headrace.stream.build_plan_and_rank_stream import evaluation_plan, rank_stream, training_columns, training_plan
    from headrace.stream.tf_data_pipeline import Batches, TransformConfig

    rows = order.batch_size * order.ranks
    if order.seed is None:
        plan = evaluation_plan(version, split, rows, order.ranks)
    else:
        plan = training_plan(version, split, rows, lanes_for(order.ranks, order.batch_size), order.seed)
    contract = version.contract
    longest = [one.vocabulary.max_length for one in contract.inputs.values() if one.vocabulary is not None]
    transform = TransformConfig(buckets=(max(longest),) if pad_to_longest and longest else None)
    stream = rank_stream(version, split, plan, training_columns(contract, weighted=weighted), order.rank, order.ranks)
    return Batches(stream, contract, transform)
