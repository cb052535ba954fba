"""Ranks that stop before their end, all at the same step, when the driver asks them to."""

from pathlib import Path
from typing import Any

import keras

from headrace.train.distributed import collectives
from headrace.train.observer import StoppedError
from headrace.train.rank.context import Position


class StopOnRequest(keras.callbacks.Callback):
    """Looks every `every` steps whether `file` is there. Rank 0 looks, and all ranks do what it has seen.

    Leaving by an exception, and not by Keras's `stop_training`, keeps the epoch from being taken for a whole one.
    """

    def __init__(self, position: Position, file: Path, every: int, rank: int, world_size: int) -> None:
        super().__init__()
        self.position, self.file, self.every = position, file, every
        self.rank, self.world_size = rank, world_size

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.position.step % self.every == 0 and self._asked():
            raise StoppedError(f"stopped at step {self.position.step}")

    def _asked(self) -> bool:
        asked = self.rank == 0 and self.file.exists()
        # A rank alone would wait for Horovod's thread, which looks for work only now and then.
        return asked if self.world_size == 1 else bool(collectives.broadcast_number(int(asked)))
