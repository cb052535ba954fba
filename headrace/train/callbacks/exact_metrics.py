"""Exact metrics at the end of an epoch, over the rows of all ranks, for training and validation.

The state of every metric is summed over ranks before its result is computed. Averaging results would be wrong if
ranks saw different numbers of rows, and an AUC cannot be averaged at all.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

from headrace.stream.batch_plan import Plan
from headrace.stream.tf_data_pipeline import Batches
from headrace.train.distributed import collectives
from headrace.train.model.gradient_averaging_optimizer import moving_averages
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum

Logs = dict[str, float]


class ExactMetrics(keras.callbacks.Callback):
    """Replaces the logs of every epoch by exact metrics for the callbacks that follow.

    Args:
        plan: plan of the training split.
        validation: batches of the validation split, in order; None without a validation split.
        earlier: sums of the current epoch's steps before the checkpoint that the run resumed from.
        measures_training: whether training steps update the metrics, and not the loss alone.
    """

    def __init__(
        self,
        plan: Plan,
        validation: Batches | None,
        earlier: Sequence[NDArray[Any]] = (),
        *,
        measures_training: bool = True,
    ) -> None:
        super().__init__()
        self.plan, self.validation = plan, validation
        self._steps = validation.dataset(0, 0, 1) if validation else None
        self._earlier = list(earlier)
        self._measures_training = measures_training

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs.pop(RowLossSum.NAME, None)
        results = self._over_ranks(self.sums(), self.plan)
        logs.update(results if self._measures_training else {"loss": results["loss"]})
        self._earlier = []
        collectives.average(self.model.non_trainable_variables)
        if self.validation is not None:
            plan = self.validation.stream.plan
            with moving_averages(self.model):
                self._evaluate(self.validation, plan.steps)
            logs.update({f"val_{name}": value for name, value in self._over_ranks(self.sums(), plan).items()})

    def _evaluate(self, batches: Batches, steps: int) -> None:
        try:
            self.model.evaluate(self._steps, steps=steps, verbose=0, _use_cached_eval_dataset=False)
        except tf.errors.OpError as error:
            raise batches.failure or error from error

    def sums(self) -> list[NDArray[Any]]:
        """Return the state of all metrics since the start of the epoch, summed over all ranks."""
        current = collectives.allreduce_sum(self._variables())
        return (
            [value + earlier for value, earlier in zip(current, self._earlier, strict=True)]
            if self._earlier
            else current
        )

    def _variables(self) -> list[keras.Variable]:
        return [variable for metric in self.model.metrics for variable in metric.variables]

    def _over_ranks(self, sums: list[NDArray[Any]], plan: Plan) -> Logs:
        for variable, value in zip(self._variables(), sums, strict=True):
            variable.assign(value)
        results = {name: float(value) for name, value in self.model.get_metrics_result().items()}
        return exact_loss(results, plan)


def exact_loss(results: Logs, plan: Plan) -> Logs:
    """Return `results` with the mean loss of the rows without padding, plus the mean penalty of a step.

    Keras counts padding as rows whose loss is 0. Penalties belong to no row: those of weights, and those that layers
    add in their call (`activity_regularizer`, `add_loss`), which are computed from the batch of one rank.
    """
    results = dict(results)
    row_losses = results.pop(RowLossSum.NAME)
    penalty = results["loss"] - row_losses / (plan.steps * plan.global_batch)
    return results | {"loss": row_losses / plan.rows + penalty}
