"""What the parts of a training on one rank share, and the step at which the run is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from headrace.runs.folder import RunFolder
from headrace.runs.record import RunRecord
from headrace.storage.append_only_files import AppendMirror
from headrace.table import Version
from headrace.train.model.model_builder import CompiledModel

if TYPE_CHECKING:
    from headrace.train.rank.driver_channel import Channel


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


@dataclass(frozen=True)
class RankContext:
    """What the parts of a training on one rank share.

    Attributes:
        files: of the run that grow.
    """

    folder: RunFolder
    record: RunRecord
    version: Version
    compiled: CompiledModel
    rank: int
    world_size: int
    channel: "Channel"
    files: AppendMirror

    @property
    def model(self) -> keras.Model:
        """The same on every rank."""
        return self.compiled.model
