"""Number the decoded steps of one rank from the beginning of a run, and leave out padding.

This is what programs other than Keras read: the plan and the decoding are those of training.
"""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.stream.batch_assembly import Block
from headrace.stream.decode.target_column import stored_targets
from headrace.stream.read.binary_columns_and_row_selection import Columns
from headrace.stream.tf_data_pipeline import Batches

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Step:
    """The rows of one rank in one step, without padding.

    Attributes:
        inputs: decoded inputs by name, (rows, ...) each.
        target: decoded targets, (rows, ...); of masks 255 for pixels without a class.
        columns: other columns as a shard has them, by name, (rows,) each.
    """

    inputs: Arrays
    target: NDArray[Any]
    columns: Arrays

    def model_inputs(self, contract: Contract) -> Any:
        """Return the inputs as a network of the table receives them: one array, or several by name."""
        return self.inputs if contract.is_record else next(iter(self.inputs.values()))


class NumberedSteps:
    """The steps of one rank, in the order of the plan.

    Step `k` is step `k % steps_per_epoch` of epoch `k // steps_per_epoch`, so that one number is a position in a run.
    All ranks have equally many steps. In the last one of an epoch a rank can have fewer rows than others, or none.

    Args:
        batches: decoded steps of the rank.
        columns: names of other columns that each step comes with, such as `path`.
        drop_last: leave out the last step of an epoch if the ranks together lack rows for it.

    Raises:
        ConfigurationError: `drop_last` leaves no step.
    """

    def __init__(self, batches: Batches, columns: Sequence[str] = (), *, drop_last: bool = False) -> None:
        self.batches = batches
        self.columns = tuple(columns)
        plan = batches.stream.plan
        self.steps_per_epoch = plan.rows // plan.global_batch if drop_last else plan.steps
        if not self.steps_per_epoch:
            raise ConfigurationError(
                f"A step of all ranks takes {plan.global_batch} rows and the split has {plan.rows}, so that drop_last "
                "leaves no step; reduce batch_size, or set drop_last=False."
            )

    def read(self, first: int, epochs: int) -> Generator[Step, None, None]:
        """Yield the steps from number `first` to the end of epoch `epochs` - 1.

        Raises:
            DataError: a shard is missing or damaged, or its number of rows differs from the log.
        """
        epoch, step = divmod(first, self.steps_per_epoch)
        if epoch >= epochs:
            return
        whole = self.batches.stream.plan.steps
        batches = _BatchesWithColumns(self.batches, self.columns)
        with closing(batches.steps(epoch, step, epochs)) as steps:
            for number, decoded in enumerate(steps, epoch * whole + step):
                real, columns = batches.columns_of_next_step()
                if number % whole < self.steps_per_epoch:
                    yield self._without_padding(decoded, real, columns)

    def _without_padding(self, decoded: tuple[Any, ...], real: NDArray[np.bool_], columns: Columns) -> Step:
        inputs, target, weight = decoded
        named = inputs if isinstance(inputs, dict) else {self.batches.contract.input_names[0]: inputs}
        return Step(
            inputs={name: np.asarray(values)[real] for name, values in named.items()},
            target=stored_targets(np.asarray(target), np.asarray(weight))[real],
            columns={name: values[real] for name, values in columns.items()},
        )


class _BatchesWithColumns(Batches):
    """Decoded steps, beside which other columns of their rows can be taken, step by step in the same order.

    TensorFlow pulls blocks of steps ahead from another thread; what it has not decoded yet waits in a queue.
    """

    def __init__(self, batches: Batches, names: Sequence[str]) -> None:
        stream = batches.stream
        columns = tuple(dict.fromkeys((*stream.columns, *names)))
        super().__init__(replace(stream, columns=columns), batches.contract, batches.transform)
        # A row of weight 0 is a row, and its mask has pixels.
        self._weight_name = ""
        self._names = tuple(names)
        self._waiting: deque[tuple[NDArray[np.bool_], Columns]] = deque()

    def columns_of_next_step(self) -> tuple[NDArray[np.bool_], Columns]:
        """Return which rows are no padding, and the other columns, of the oldest step that was not asked for yet."""
        return self._waiting.popleft()

    def _blocks(self, first_epoch: int, first_step: int, epochs: int) -> Iterator[Block]:
        for block in super()._blocks(first_epoch, first_step, epochs):
            size = block.weights.shape[1]
            for index, weights in enumerate(block.weights):
                rows = slice(index * size, (index + 1) * size)
                self._waiting.append((weights > 0, {name: block.rows[name][rows] for name in self._names}))
            yield block
