"""Stop training on non-finite gradients, and list the rows of that step."""

import json
from pathlib import Path
from typing import Any

import keras

from headrace.errors import TrainingError
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.stream.rank_batch_stream import RankStream, row_ids
from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor
from headrace.train.rank.rank_context_and_position import Position

# Dynamic loss scaling starts too high on purpose and halves until gradients are finite: from 2^15, 15 steps.
SKIPS_OF_LOSS_SCALING = 20


class StopOnNonFinite(keras.callbacks.Callback):
    """A callback that checks gradients every few steps and before each checkpoint, so that no broken model is saved.

    Args:
        folder: directory for one file per rank: step, epoch, and the path of every row of the step.
        every: steps between checks.
        reduced_every: steps that are accumulated into one gradient.
        tolerated: maximum number of consecutive non-finite gradients.
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
            self._check()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._check()

    def _check(self) -> None:
        consecutive = self.gradients.non_finite
        if consecutive <= self.tolerated:
            return
        first = (self.position.step // self.reduced_every - consecutive) * self.reduced_every + 1
        files = [self._write(step) for step in range(first, first + self.reduced_every)]
        raise TrainingError(
            f"The gradient of step {first} is not finite. The rows of that step are listed in "
            f"{files[0].parent}: check them, or lower train.optimizer.learning_rate. Checkpoints hold earlier steps."
        )

    def _write(self, step: int) -> Path:
        epoch, step_in_epoch = divmod(step - 1, self.position.steps_per_epoch)
        rows = row_ids(self.stream, epoch, step_in_epoch)
        file = self.folder / f"step-{step:09d}-rank-{self.stream.rank}.json"
        atomic_write(file, json.dumps({"step": step, "epoch": epoch, "rows": rows}, indent=1).encode())
        return file
