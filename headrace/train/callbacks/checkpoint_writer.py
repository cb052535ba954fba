"""Writes checkpoints during training."""

import time
from typing import Any

import keras

from headrace.train import checkpoint
from headrace.train.callbacks.exact_metrics import ExactMetrics
from headrace.train.distributed import collectives
from headrace.train.rank.context import Position, RankContext


class CheckpointCallback(keras.callbacks.Callback):
    """Writes a checkpoint every few steps and at the end; the last callback, so that it saves a consistent state.

    It holds the model's and the optimizer's state and, so that the figures of an epoch in which a run was
    interrupted are those of the whole epoch, the sums of its metrics.
    """

    def __init__(self, position: Position, rank: RankContext, metrics: ExactMetrics) -> None:
        super().__init__()
        self.position, self.rank, self.metrics = position, rank, metrics
        settings = rank.record.configuration.train
        self.every, self.keep = settings.checkpoint_every_steps, settings.keep_checkpoints
        self.seconds = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # Where an epoch ends, its end belongs to it: figures, validation, the comparison with the best.
        if self.position.step % self.every == 0 and not self.position.between_epochs:
            self._save(self.metrics.sums())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.position.step % self.every == 0:
            self._save([])
        self.rank.files.keep()

    def finish(self) -> None:
        """Write the checkpoint of the last step, if not yet written."""
        if self.position.step % self.every:
            self._save([])
        self.rank.files.keep()

    def _save(self, sums: list[Any]) -> None:
        began = time.monotonic()
        collectives.average(self.model.non_trainable_variables)
        # Ranks that have drifted apart are found here, not after days, and leave no checkpoint.
        collectives.require_equal_weights(self.model.weights)
        if self.rank.rank == 0:
            # Before the checkpoint: who goes on from it needs the lines of the steps before.
            self.rank.files.keep()
            state = checkpoint.state_arrays(checkpoint.model_state(self.model))
            checkpoint.save(
                self.rank.folder.checkpoints, checkpoint.Checkpoint(self.position.step, state, sums), self.keep
            )
        self.seconds += time.monotonic() - began
