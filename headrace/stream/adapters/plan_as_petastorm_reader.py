"""Read the steps of the plan through the interface of Petastorm's readers.

`petastorm.tf_utils.make_petastorm_dataset` and the loaders of `petastorm.pytorch` take this reader in place of
Petastorm's own, and get the rows in the order of Headrace's training. Petastorm's schema needs no complete Petastorm.
"""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from headrace.contract import Contract
from headrace.errors import ConfigurationError, DataError
from headrace.stream.adapters.unpadded_numbered_steps import NumberedSteps, Step
from headrace.stream.decode.pad_tokens_to_buckets import buckets_for
from headrace.stream.decode.target_column import target_decoder
from headrace.stream.petastorm_import import without_initialization

with without_initialization():
    from petastorm.unischema import Unischema, UnischemaField


class PlanReader:
    """An iterator of the steps of one rank, each a named tuple of arrays: inputs, target, and other columns.

    A pass ends after `epochs` epochs, counted from the beginning of the run; `reset` adds one.

    Attributes:
        schema: name, type and shape of each field, a Unischema; the rows of a step are one more dimension in front.
        ngram: always None, as rows are no sequences of Petastorm's.
        batched_output: always True: an element is a step, not a row.
        last_row_consumed: whether the pass has ended.

    Args:
        steps: steps of the rank.
        start_step: number of the first step, counted from the beginning of the run.
        epochs: number of epochs until the pass ends.
        arguments: what else `state` returns.
        wide_labels: return class indices as int64, which the losses of PyTorch expect.

    Raises:
        ConfigurationError: a number is out of its range, or a column has a name that no field can have.
    """

    ngram = None
    batched_output = True

    def __init__(
        self,
        steps: NumberedSteps,
        start_step: int,
        epochs: int,
        arguments: Mapping[str, Any],
        *,
        wide_labels: bool = False,
    ) -> None:
        require_position(start_step, epochs, steps.steps_per_epoch)
        self._steps, self._step, self._epochs = steps, start_step, epochs
        self._arguments = dict(arguments)
        self._label = steps.batches.contract.named("target")[0]
        self._label_type = label_type(steps.batches.contract, wide=wide_labels)
        self.schema = _schema(steps, self._label_type)
        self.last_row_consumed = False
        self._is_stopped = False
        # TensorFlow reads ahead in a thread of its own, which may be in the middle of a step when the program stops.
        self._reading = threading.Lock()
        self._begin_pass()

    def state(self) -> dict[str, Any]:
        """Return the arguments, besides `rank`, with which `Table.reader` continues after the step returned last."""
        return self._arguments | {"epochs": self._epochs, "start_step": self._step}

    def reset(self) -> None:
        """Go on to the next epoch, after the end of a pass.

        Raises:
            ConfigurationError: the pass has not ended.
        """
        if not self.last_row_consumed:
            raise ConfigurationError(
                f"reset was called at step {self._step} of {self._end}, before the end of a pass; read the rest, or "
                f"open a reader with start_step={self._end} and epochs={self._epochs + 1}, which skips it."
            )
        self._epochs += 1
        self.last_row_consumed = False
        self._begin_pass()

    def stop(self) -> None:
        """Stop reading ahead, for good, after the step that another thread may be reading."""
        self._is_stopped = True
        with self._reading:
            self._iterator.close()

    def join(self) -> None:
        """Return at once: `stop` has waited for the threads."""

    def __len__(self) -> int:
        """Return the number of steps of this pass, those that were returned included."""
        return self._end - self._begin

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        with self._reading:
            if self._is_stopped:
                raise ConfigurationError("The reader was stopped, or its `with` block has ended; open another one.")
            try:
                step = next(self._iterator)
            except StopIteration:
                self._require_whole_pass()
                self.last_row_consumed = True
                raise
        self._step += 1
        return self.schema.make_namedtuple(**self._fields(step))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.join()

    def _begin_pass(self) -> None:
        self._begin, self._end = self._step, self._epochs * self._steps.steps_per_epoch
        self._iterator = self._steps.read(self._step, self._epochs)

    def _require_whole_pass(self) -> None:
        """Raise if the pass ended before its last step: after an error, a generator looks exhausted."""
        if self._step != self._end:
            raise DataError(
                f"The reader failed at step {self._step} of {self._end}; open another one with start_step={self._step}."
            )

    def _fields(self, step: Step) -> dict[str, Any]:
        return {**step.inputs, self._label: step.target.astype(self._label_type, copy=False), **step.columns}


def require_position(start_step: int, epochs: int, steps_per_epoch: int) -> None:
    """Require that the pass has not ended before the step `start_step`.

    Raises:
        ConfigurationError: it has, or a number is negative.
    """
    if epochs < 1:
        raise ConfigurationError(f"epochs is {epochs}; expected 1 or more.")
    if not 0 <= start_step <= epochs * steps_per_epoch:
        raise ConfigurationError(
            f"start_step is {start_step}; expected 0 to {epochs * steps_per_epoch}, the steps of {epochs} epochs of "
            f"{steps_per_epoch}. Steps and epochs are counted from the beginning of the run."
        )


def label_type(contract: Contract, *, wide: bool) -> np.dtype[Any]:
    """Return the type of targets; int64 for class indices if `wide`."""
    dtype = np.dtype(target_decoder(contract.task).DTYPE)
    return np.dtype(np.int64) if wide and dtype.kind in "iu" else dtype


def _schema(steps: NumberedSteps, label: np.dtype[Any]) -> Any:
    contract, transform = steps.batches.contract, steps.batches.transform
    fields = [
        _field(name, one.model_dtype, _input_shape(one, transform.buckets)) for name, one in contract.inputs.items()
    ]
    fields.append(_field(contract.named("target")[0], label, target_decoder(contract.task).target_shape(contract)))
    for name in steps.columns:
        dtype = contract.columns[name].dtype
        fields.append(_field(name, np.str_ if dtype == "string" else dtype, ()))
    try:
        schema = Unischema("headrace", fields)
        schema._get_namedtuple()
    except ValueError as error:
        raise ConfigurationError(
            f"The table has a column whose name no field of a reader can have: {error}. Prepare it with another name."
        ) from error
    return schema


def _field(name: str, dtype: DTypeLike, shape: tuple[int | None, ...]) -> Any:
    return UnischemaField(name, np.dtype(dtype).type, shape)


def _input_shape(contract: Contract, buckets: tuple[int, ...] | None) -> tuple[int | None, ...]:
    lengths = buckets_for(contract, buckets)
    return lengths if contract.vocabulary is not None and len(lengths) == 1 else contract.input_shape
