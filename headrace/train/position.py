"""Where a run is, in steps; on every rank the same."""

from typing import Any

import keras


class Position:
    """Steps done since the run's beginning."""

    def __init__(self, step: int, steps_per_epoch: int) -> None:
        self.step = step
        self.steps_per_epoch = steps_per_epoch

    @property
    def epoch(self) -> int:
        """The epoch of the last step done, 0-based."""
        return max(0, self.step - 1) // self.steps_per_epoch

    @property
    def between_epochs(self) -> bool:
        """Whether the last step done was the last of its epoch."""
        return self.step % self.steps_per_epoch == 0


class CountSteps(keras.callbacks.Callback):
    """Moves the position; the first callback, so that the others see the step that was just done."""

    def __init__(self, position: Position) -> None:
        super().__init__()
        self.position = position

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.position.step += 1
