"""Stop all ranks at the same step, after a checkpoint, when the driver requests it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from headrace.storage import is_remote
from headrace.train.callbacks.checkpoint_writer import CheckpointCallback
from headrace.train.distributed import collectives
from headrace.train.tuner_controls import StoppedError

# A look at an object store takes tens of milliseconds.
LOCAL_SECONDS, REMOTE_SECONDS = 0.5, 3.0
STOP = 0


class StopOnRequest(keras.callbacks.Callback):
    """A callback that checks about twice a second, and at the end of an epoch, whether one of `files` exists.

    Rank 0 checks, and broadcasts the result and the number of steps until the next check: ranks measure different
    times, and all must stop at the same step.

    It raises an exception instead of setting Keras's `stop_training`, so that an epoch does not count as complete
    before its last step. It follows the callback that writes checkpoints.
    """

    def __init__(self, checkpoint: CheckpointCallback, files: Sequence[Path]) -> None:
        super().__init__()
        self.checkpoint, self.files = checkpoint, files
        self.position, self.rank = checkpoint.position, checkpoint.rank
        self.seconds = REMOTE_SECONDS if any(map(is_remote, files)) else LOCAL_SECONDS
        self._interval = 1
        self._next = self._last = self.position.step
        self._last_time = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # The last step of an epoch is checked when the epoch is complete: its checkpoint waits for that too.
        if self.position.step >= self._next and not self.position.between_epochs:
            self._check()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._check()

    def _check(self) -> None:
        interval = self._agreed()
        if interval == STOP:
            self.checkpoint.save()
            raise StoppedError(f"stopped at step {self.position.step}")
        self._interval, self._last, self._last_time = interval, self.position.step, time.monotonic()
        self._next = self.position.step + interval

    def _agreed(self) -> int:
        """Return the steps until the next check, or STOP."""
        number = self._steps_until_next_check() if self.rank.rank == 0 else STOP
        # A single rank skips the broadcast, which would wait for the next poll of Horovod's thread.
        return number if self.rank.world_size == 1 else collectives.broadcast_int(number)

    def _steps_until_next_check(self) -> int:
        if any(file.exists() for file in self.files):
            return STOP
        steps, seconds = self.position.step - self._last, time.monotonic() - self._last_time
        wanted = int(steps * self.seconds / max(seconds, 1e-6))
        # The first steps say little about the speed of the next.
        return max(1, min(wanted, 2 * self._interval))
