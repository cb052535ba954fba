"""Stop all ranks early, at the same step, when the driver requests it."""

from pathlib import Path
from typing import Any

import keras

from headrace.train.distributed import collectives
from headrace.train.observer import StoppedError
from headrace.train.rank.context import Position


class StopOnRequest(keras.callbacks.Callback):
    """A callback that checks every `every` steps whether `file` exists; rank 0 checks and broadcasts the result.

    It raises an exception instead of setting Keras's `stop_training`, so that the epoch does not count as complete.
    """

    def __init__(self, position: Position, file: Path, every: int, rank: int, world_size: int) -> None:
        super().__init__()
        self.position, self.file, self.every = position, file, every
        self.rank, self.world_size = rank, world_size

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.position.step % self.every == 0 and self._is_requested():
            raise StoppedError(f"stopped at step {self.position.step}")

    def _is_requested(self) -> bool:
        requested = self.rank == 0 and self.file.exists()
        # A single rank skips the broadcast, which would wait for the next poll of Horovod's thread.
        return requested if self.world_size == 1 else bool(collectives.broadcast_number(int(requested)))
