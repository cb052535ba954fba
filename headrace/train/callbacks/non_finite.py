"""A training that has left the finite numbers is stopped, and the rows at which it did are written down."""

import json
from pathlib import Path
from typing import Any

import keras

from headrace.errors import TrainingError
from headrace.storage.atomic import atomic_write
from headrace.stream.batches import RankStream, row_ids
from headrace.train.distributed.gradients import GradientMonitor
from headrace.train.rank.context import Position

# Dynamic loss scaling begins too high on purpose and halves until gradients are finite: 2^15 is halved away in 15.
SKIPS_OF_LOSS_SCALING = 20


class StopOnNonFinite(keras.callbacks.Callback):
    """Looks at the gradients now and then, and before every checkpoint: none is written of a model that is lost.

    Args:
        folder: for one file a rank: step, epoch, and the path of every row of the step.
        every: steps between looks.
        reduced_every: steps whose gradients are one.
        tolerated: gradients in a row that may not be finite.
    """

    def __init__(
        self,
        position: Position,
        gradients: GradientMonitor,
        stream: RankStream,
        folder: Path,
        every: int,
        reduced_every: int,
        tolerated: int,
    ) -> None:
        super().__init__()
        self.position, self.gradients, self.stream = position, gradients, stream
        self.folder, self.every, self.reduced_every, self.tolerated = folder, every, reduced_every, tolerated

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.position.step % self.every == 0:
            self._look()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._look()

    def _look(self) -> None:
        gradients = self.gradients.not_finite
        if gradients <= self.tolerated:
            return
        first = (self.position.step // self.reduced_every - gradients) * self.reduced_every + 1
        files = [self._write(step) for step in range(first, first + self.reduced_every)]
        raise TrainingError(
            f"The gradient of step {first} is not a finite number. The rows of that step are listed in "
            f"{files[0].parent}; look at them, or lower train.optimizer.learning_rate. Checkpoints are of steps before."
        )

    def _write(self, step: int) -> Path:
        epoch, in_epoch = divmod(step - 1, self.position.steps_per_epoch)
        rows = row_ids(self.stream, epoch, in_epoch)
        file = self.folder / f"step-{step:09d}-rank-{self.stream.rank}.json"
        atomic_write(file, json.dumps({"step": step, "epoch": epoch, "rows": rows}, indent=1).encode())
        return file
