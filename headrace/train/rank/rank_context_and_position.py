"""The state of training on one rank, and its position in the run."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.storage.append_locally_then_upload import AppendMirror
from headrace.table import Version
from headrace.train.bundle_verification.network_and_bundle_verifier import NetworkAndBundleVerifier
from headrace.train.model.compiled_model import CompiledModel

if TYPE_CHECKING:
    from headrace.train.rank.pipe_to_spark_task import Channel


class Position:
    """Number of completed steps since the start of the run, and the time that they took.

    Args:
        seconds: time that `step` steps took in earlier attempts.
    """

    def __init__(self, step: int, steps_per_epoch: int, seconds: float = 0.0) -> None:
        self.step = step
        self.steps_per_epoch = steps_per_epoch
        self._began = time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        """Seconds of training over all attempts, without start-up and without steps that were lost."""
        return time.monotonic() - self._began

    @property
    def epoch(self) -> int:
        """Epoch of the last completed step, 0-based."""
        return max(0, self.step - 1) // self.steps_per_epoch

    @property
    def between_epochs(self) -> bool:
        """Return whether the last completed step was the last of its epoch."""
        return self.step % self.steps_per_epoch == 0


class CountSteps(keras.callbacks.Callback):
    """Advances the position; it is the first callback, so that the others see the completed step."""

    def __init__(self, position: Position) -> None:
        super().__init__()
        self.position = position

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.position.step += 1


@dataclass(frozen=True)
class RankContext:
    """Shared state of a training on one rank.

    Attributes:
        files: mirror of the run's append-only files.
        verifier: verifier of the network and of the bundle, on rank 0 only.
    """

    folder: RunFolder
    record: RunRecord
    version: Version
    compiled: CompiledModel
    rank: int
    world_size: int
    channel: "Channel"
    files: AppendMirror
    verifier: NetworkAndBundleVerifier | None = None

    @property
    def model(self) -> keras.Model:
        """The model, equal on every rank."""
        return self.compiled.model
