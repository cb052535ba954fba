"""Write checkpoints during training."""

import time
from typing import Any

import keras

from headrace.train import checkpoint
from headrace.train.callbacks.exact_metrics import ExactMetrics
from headrace.train.distributed import collectives
from headrace.train.rank.rank_context_and_position import Position, RankContext


class CheckpointCallback(keras.callbacks.Callback):
    """Writes a checkpoint every few steps and at the end; the last callback, so that it saves a consistent state.

    A checkpoint contains the state of the model and the optimizer. It also contains the sums of the epoch's metrics, so
    that the metrics of an interrupted epoch cover the whole epoch, and the time that its steps took.
    """

    def __init__(self, position: Position, rank: RankContext, metrics: ExactMetrics) -> None:
        super().__init__()
        self.position, self.rank, self.metrics = position, rank, metrics
        settings = rank.record.configuration.train
        self.every, self.keep = settings.checkpoint_every_steps, settings.keep_checkpoints
        self.seconds = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # The checkpoint of an epoch's last step waits for the rest of the epoch: metrics, validation, the best epoch.
        if self.position.step % self.every == 0 and not self.position.between_epochs:
            self._save(self.metrics.sums())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.position.step % self.every == 0:
            self._save([])
        self.rank.files.upload()

    def save(self) -> None:
        """Write a checkpoint of this step, unless it exists."""
        if self.position.step % self.every:
            self._save([] if self.position.between_epochs else self.metrics.sums())
        self.rank.files.upload()

    def _save(self, sums: list[Any]) -> None:
        start = time.monotonic()
        collectives.average(self.model.non_trainable_variables)
        # Detect ranks that have drifted apart here, not days later, and before they write a checkpoint.
        collectives.require_equal_weights(self.model.weights)
        if self.rank.rank == 0:
            # Before the checkpoint: a run that resumes from it needs the lines of the previous steps.
            self.rank.files.upload()
            state = checkpoint.state_arrays(checkpoint.model_state(self.model))
            notes = {"seconds": round(self.position.seconds, 3)}
            saved = checkpoint.Checkpoint(self.position.step, state, sums, notes)
            checkpoint.save(self.rank.folder.checkpoints, saved, self.keep)
        self.seconds += time.monotonic() - start
