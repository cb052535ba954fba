"""Warn of weights that training does not change."""

import logging
from typing import Any

import keras

from headrace.train.bundle_verification.forward_passes_and_layer_outputs import weight_digests
from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor
from headrace.wording import join_names

log = logging.getLogger(__name__)

MAX_NAMES = 5


class UntrainedWeightsWarning(keras.callbacks.Callback):
    """A callback that warns at most once of each weight; runs on rank 0, as gradients and weights are equal on all.

    Args:
        gradients: monitor of the reduced gradients.
    """

    def __init__(self, gradients: GradientMonitor) -> None:
        super().__init__()
        self.gradients = gradients
        self._without_gradient: set[str] = set()
        self._updates = 0
        self._before: list[tuple[str, str]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._updates = self.gradients.updates
        self.gradients.pop_zero_gradients()
        # Weights that changed in an epoch can change, so that only the first of this process needs the comparison.
        self._before = [] if self._updates else weight_digests(self.model.trainable_variables)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        updates = self.gradients.updates - self._updates
        if not updates:
            return
        paths = [variable.path for variable in self.model.trainable_variables]
        zero = [paths[index] for index in self.gradients.pop_zero_gradients()]
        new = [path for path in zero if path not in self._without_gradient]
        self._without_gradient.update(new)
        _warn(new, f"got no gradient in epoch {epoch + 1} and learn nothing: does the output depend on them?")
        after = weight_digests(self.model.trainable_variables) if self._before else []
        unchanged = [path for (path, new), (_, old) in zip(after, self._before, strict=True) if new == old]
        _warn(
            [path for path in unchanged if path not in zero],
            f"did not change in the {updates} updates of epoch {epoch + 1}: raise train.optimizer.learning_rate.",
        )


def _warn(paths: list[str], reason: str) -> None:
    if paths:
        log.warning("The weights %s %s", join_names(paths, MAX_NAMES), reason)
