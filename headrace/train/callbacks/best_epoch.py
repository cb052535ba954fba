"""Keep the checkpoint of the best epoch, and decide on early stopping."""

import math
from pathlib import Path
from typing import Any

import keras

from headrace.config.sections.training import Monitor
from headrace.train import checkpoint
from headrace.train.distributed import collectives
from headrace.train.monitored_metric import is_lower_better
from headrace.train.rank.rank_context_and_position import Position


class BestEpoch(keras.callbacks.Callback):
    """Saves the best epoch's checkpoint in `folder` and stops after `patience` epochs without improvement.

    Every rank sees the same metrics, so all decide alike. The checkpoint stores the epoch and its value: a run that
    resumes from an earlier step reaches that epoch again, with the same value.
    """

    def __init__(self, position: Position, folder: Path, settings: Monitor, metric: str, rank: int) -> None:
        super().__init__()
        self.position, self.folder, self.settings, self.metric, self.rank = position, folder, settings, metric, rank
        self.sign = -1.0 if is_lower_better(metric) else 1.0
        latest = checkpoint.load_latest(folder) if rank == 0 else None
        notes = latest.notes if latest else {}
        self.epoch = collectives.broadcast_int(notes.get("epoch", -1))
        self.value = collectives.broadcast_float(notes.get("value", 0.0))

    @property
    def exhausted(self) -> bool:
        """Return whether `patience` epochs have passed since the best one."""
        patience = self.settings.patience
        return patience is not None and self.epoch >= 0 and self.position.epoch - self.epoch >= patience

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        value = float(logs[self.metric])
        first = self.epoch < 0 or epoch == self.epoch or math.isnan(self.value)
        if first or self.sign * (value - self.value) > self.settings.min_delta:
            self.epoch, self.value = epoch, value
            self._save()
        if self.exhausted:
            self.model.stop_training = True

    def restore(self) -> None:
        """Load the weights of the best epoch on every rank."""
        state = checkpoint.model_state(self.model)
        if self.rank == 0 and (latest := checkpoint.load_latest(self.folder)):
            checkpoint.restore(state, latest.state)
        collectives.broadcast(state)

    def _save(self) -> None:
        if self.rank == 0:
            notes = {"epoch": self.epoch, "value": self.value, "metric": self.metric}
            state = checkpoint.state_arrays(checkpoint.model_state(self.model))
            checkpoint.save(self.folder, checkpoint.Checkpoint(self.position.step, state, [], notes), keep=1)
