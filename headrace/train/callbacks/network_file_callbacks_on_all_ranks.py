"""Run the Keras callbacks that a network's file defines, alike on all ranks."""

import logging
from collections.abc import Sequence
from typing import Any

import keras

from headrace.errors import ConfigurationError, HeadraceError
from headrace.networks.network_build_and_checks import describe_failure
from headrace.train.distributed import collectives
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import CustomObjective
from headrace.wording import join_names

log = logging.getLogger(__name__)

# They write files, so that only rank 0 may have them.
WRITERS = (keras.callbacks.CSVLogger, keras.callbacks.TensorBoard, keras.callbacks.RemoteMonitor)


class CustomCallbacks(keras.callbacks.Callback):
    """Forwards the events of training to the user's callbacks; `stopped` is set when one of them ended the training.

    A rank that leaves an epoch alone would leave the others waiting. A callback that sets `stop_training` on any rank
    therefore ends the training of all ranks, at the end of the epoch. Callbacks share a copy of the logs: those of an
    epoch have exact metrics over all ranks, those of a step have the metrics of their own rank.

    Args:
        objective: the functions of the network's file.
        rank: number of this rank.
    """

    def __init__(self, objective: CustomObjective, rank: int) -> None:
        super().__init__()
        self.objective, self.stopped, self._wanted = objective, False, False
        made = objective.callbacks()
        self.callbacks: Sequence[Any] = made if rank == 0 else [one for one in made if not isinstance(one, WRITERS)]
        # The same on all ranks, although some may have no callback of their own: they agree on a stop together.
        self._is_used = bool(made)
        self._begun = False

    def warn_if_resumed(self, step: int) -> None:
        """Log on rank 0 that callbacks remember nothing of the `step` steps before the run resumed."""
        if step and self.callbacks and collectives.is_rank_zero():
            names = join_names([type(one).__name__ for one in self.callbacks])
            log.warning("Resuming at step %s; callbacks of the network's file start again: %s", step, names)

    def set_model(self, model: keras.Model) -> None:
        """Give every callback the model."""
        super().set_model(model)
        for one in self.callbacks:
            one.set_model(model)

    def set_params(self, params: Any) -> None:
        """Give every callback the parameters of Keras's `fit`."""
        super().set_params(params)
        for one in self.callbacks:
            one.set_params(params)

    def on_train_begin(self, logs: Any = None) -> None:
        # Keras's `fit` is called a second time after an interrupted epoch; callbacks see one training.
        if not self._begun:
            self._begun = True
            self._forward("on_train_begin", logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._forward("on_epoch_begin", logs, epoch)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._forward("on_train_batch_begin", logs, batch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._forward("on_train_batch_end", logs, batch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._forward("on_epoch_end", logs, epoch)
        if self._is_used and self._any_rank_stops():
            self.stopped = self.model.stop_training = True

    def finish(self) -> None:
        """Tell the callbacks that the training has ended, if it had a step left when this process began."""
        if self._begun:
            self._forward("on_train_end", None)

    def _forward(self, event: str, logs: Any, *arguments: int) -> None:
        if not self.callbacks:
            return
        stopping, self.model.stop_training = self.model.stop_training, False
        shared = dict(logs or {})
        for one in self.callbacks:
            try:
                getattr(one, event)(*arguments, logs=shared)
            except HeadraceError:
                raise
            except Exception as error:  # noqa: BLE001  the user's code may raise anything
                raise ConfigurationError(
                    f"The callback {type(one).__name__} of {self.objective.source('callbacks')} failed at "
                    f"{describe_failure(error, self.objective.path, {})}"
                ) from error
        self._wanted |= bool(self.model.stop_training)
        self.model.stop_training = stopping

    def _any_rank_stops(self) -> bool:
        wanted = keras.Variable(float(self._wanted), trainable=False)
        return bool(collectives.allreduce_sum([wanted])[0] > 0)
