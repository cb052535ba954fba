"""Train with the `train_step` of the network's own class, and try it before the first step.

Ranks average the gradients that reach the optimizer, batches are filled up with rows of weight 0, and metrics are sums
over rows. A step that ignores the weights, that applies no gradient or several, or that leaves out the loss scaling of
float16 would train something else without an error, so it is refused.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.errors import ConfigurationError
from headrace.networks.network_build_and_checks import own_method_class
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum
from headrace.train.model.optimizer_from_settings import NEEDS_LOSS_SCALING

# Rows of the trial, and rows of weight 0 after them.
ROWS, PADDING = 8, 3
# Largest difference of two gradients that are equal but for rounding, relative to their norm.
TOLERANCE, HALF_TOLERANCE = 1e-3, 5e-2

Array = NDArray[Any]
Batch = tuple[Any, Any, Any]


def has_own_train_step(model: keras.Model) -> bool:
    """Return whether the class of the model, in the network's file, defines `train_step`."""
    return own_method_class(model, "train_step") is not None


def log_metrics_only(model: keras.Model) -> None:
    """Change `model` so that its training steps return the results of its metrics, whatever its `train_step` returns.

    Logs of steps are computed from these results, which are sums over the rows of an epoch.
    """
    base_class = type(model)

    class LoggedTrainStep(base_class):  # type: ignore[misc, valid-type]
        def train_step(self, data: Any) -> Any:
            super().train_step(data)
            return self.get_metrics_result()

    LoggedTrainStep.__name__ = base_class.__name__
    LoggedTrainStep.__qualname__ = base_class.__qualname__
    model.__class__ = LoggedTrainStep


@dataclass
class Trial:
    """What one call of `train_step` did.

    Attributes:
        applied: gradients of each call of the optimizer, zeros for variables without one.
        variables: variables of each call; None if the call named none.
        is_scaled: whether the loss went through `optimizer.scale_loss`.
        metrics: values of all metrics' variables after the step, flattened.
    """

    applied: list[list[Array]] = field(default_factory=list)
    variables: list[list[Any] | None] = field(default_factory=list)
    is_scaled: bool = False
    metrics: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def gradient(self) -> Array:
        """The gradients of the first call in one vector."""
        return np.concatenate([np.ravel(one) for one in self.applied[0]])


class RecordingOptimizer(keras.optimizers.SGD):
    """Records gradients instead of applying them."""

    def __init__(self) -> None:
        super().__init__(learning_rate=0.0)
        self.trial = Trial()

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Record the gradients of one call."""
        variables = None if trainable_variables is None else list(trainable_variables)
        known = variables or [None] * len(grads)
        self.trial.variables.append(variables)
        self.trial.applied.append([_to_array(one, variable) for one, variable in zip(grads, known, strict=True)])

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss as it is."""
        self.trial.is_scaled = True
        return loss


def _to_array(gradient: Any, variable: Any) -> Array:
    if gradient is None:
        return np.zeros(variable.shape if variable is not None else (), np.float32)
    return np.asarray(tf.convert_to_tensor(gradient), np.float64)


def check_train_step(
    model: keras.Model,
    loss: keras.losses.Loss,
    metrics: Sequence[keras.metrics.Metric],
    batch: Batch,
    path: Path,
    precision: str,
) -> list[str]:
    """Try the `train_step` of the model's class on padded batches; return warnings. The model is compiled for it.

    Args:
        loss: loss of the training.
        metrics: metrics of the training, `RowLossSum` among them.
        batch: inputs, targets and weights of some rows.
        precision: Keras's dtype policy of the model.

    Raises:
        ConfigurationError: it does not apply the gradients of all trainable variables exactly once, does not update the
            metrics, ignores the weights of rows, or leaves out the scaling of the loss that the precision needs.
    """
    optimizer = RecordingOptimizer()
    model.compile(optimizer, loss, weighted_metrics=list(metrics), jit_compile=False, auto_scale_loss=False)
    rows, other = _padded_batches(batch)
    tolerance = TOLERANCE if precision == "float32" else HALF_TOLERANCE
    source = f"`train_step` in {path}"
    with _deterministic_layers(model), _eager_functions():
        trial = _run(model, optimizer, rows)
        _require_one_gradient(trial, model, source)
        _require_metrics(trial, metrics, source)
        if precision == NEEDS_LOSS_SCALING and not trial.is_scaled:
            raise ConfigurationError(
                f"{source} does not scale its loss, which train.precision={precision} needs: take the gradients of "
                "self.optimizer.scale_loss(loss)."
            )
        padded = _run(model, optimizer, other)
        if not _are_near(trial.gradient, padded.gradient, tolerance) or not _are_near(
            trial.metrics, padded.metrics, tolerance
        ):
            raise ConfigurationError(
                f"{source} lets rows of weight 0, which fill up batches, change the gradients or metrics: give "
                "sample_weight to self.compute_loss and self.compute_metrics, and to every sum over rows."
            )
        return _warn_if_rows_interact(model, optimizer, rows, tolerance, source)


def _require_one_gradient(trial: Trial, model: keras.Model, source: str) -> None:
    if len(trial.applied) != 1:
        raise ConfigurationError(
            f"{source} called self.optimizer.apply {len(trial.applied)} times; expected one call with the gradients of "
            "self.trainable_variables, where Headrace averages them over ranks."
        )
    named, expected = trial.variables[0], model.trainable_variables
    is_complete = len(trial.applied[0]) == len(expected) if named is None else _ids(named) == _ids(expected)
    if not is_complete:
        raise ConfigurationError(
            f"{source} applied gradients of {len(trial.applied[0])} variables; expected one for each of the "
            f"{len(expected)} of self.trainable_variables, in their order (None where there is none)."
        )
    if not np.any(trial.gradient):
        raise ConfigurationError(f"{source} applied gradients that are all zero: its loss depends on no weight.")


def _ids(variables: Sequence[Any]) -> list[int]:
    return [id(variable) for variable in variables]


def _require_metrics(trial: Trial, metrics: Sequence[keras.metrics.Metric], source: str) -> None:
    """Raise unless the step updated the tracker of the loss, whose variables come first, and the metrics of rows."""
    row_loss = next(metric for metric in metrics if isinstance(metric, RowLossSum))
    if not np.any(trial.metrics[:2]) or not np.any(row_loss.total.numpy()):
        raise ConfigurationError(
            f"{source} does not update its metrics, so that their figures would be 0: call "
            "metric.update_state(loss) for the one of self.metrics whose name is 'loss', and "
            "self.compute_metrics(x, y, y_pred, sample_weight)."
        )


def _warn_if_rows_interact(
    model: keras.Model, optimizer: RecordingOptimizer, batch: Batch, tolerance: float, source: str
) -> list[str]:
    """Return a warning if the gradients of two halves of the rows do not add up to that of all."""
    x, y, weights = batch
    half = tf.cast(tf.range(tf.shape(weights)[0]) < ROWS // 2, weights.dtype)
    first = weights * tf.reshape(half, [-1] + [1] * (weights.shape.rank - 1))
    parts = [_run(model, optimizer, (x, y, some)) for some in (weights, tf.zeros_like(weights), first, weights - first)]
    whole, none, one, two = (part.gradient for part in parts)
    if _are_near(whole + none, one + two, tolerance):
        return []
    return [
        f"In {source} the gradient of a row depends on the other rows of its batch. Each rank has a part of the global "
        "batch, so that results depend on the number of ranks."
    ]


def _run(model: keras.Model, optimizer: RecordingOptimizer, batch: Batch) -> Trial:
    """Run one step from the same random state as every other; the model's variables stay as they are."""
    before = [variable.numpy() for variable in model.variables]
    keras.utils.set_random_seed(7)
    model.reset_metrics()
    optimizer.trial = Trial()
    try:
        logs = model.train_step(batch)
        values = [np.ravel(variable.numpy()).astype(np.float64) for variable in model.metrics_variables]
    finally:
        for variable, value in zip(model.variables, before, strict=True):
            variable.assign(value)
    if not isinstance(logs, dict):
        raise ConfigurationError(
            f"`train_step` of {type(model).__name__} returned {type(logs).__name__}; expected a dict, such as "
            "self.get_metrics_result()."
        )
    optimizer.trial.metrics = np.concatenate(values)
    return optimizer.trial


def _padded_batches(batch: Batch) -> tuple[Batch, Batch]:
    """Return two batches of the same rows, followed by different rows of weight 0."""
    weights = np.asarray(batch[2])
    present = np.flatnonzero(weights.reshape(len(weights), -1).max(axis=1) > 0)[:ROWS]
    present = np.resize(present, ROWS)
    return _with_padding(batch, present, present[0]), _with_padding(batch, present, present[-1])


def _with_padding(batch: Batch, present: Array, row: int) -> Batch:
    indices = np.concatenate([present, np.full(PADDING, row)])
    x, y, weights = tf.nest.map_structure(lambda value: tf.gather(value, indices), batch)
    is_row = tf.cast(tf.range(len(indices)) < len(present), weights.dtype)
    return x, y, weights * tf.reshape(is_row, [-1] + [1] * (weights.shape.rank - 1))


def _are_near(one: Array, other: Array, tolerance: float) -> bool:
    if one.shape != other.shape:
        return False
    return bool(np.linalg.norm(one - other) <= tolerance * max(np.linalg.norm(one), np.linalg.norm(other), 1e-12))


@contextmanager
def _deterministic_layers(model: keras.Model) -> Iterator[None]:
    """Let layers of batch normalisation use their moving statistics: rows of weight 0 enter those of a batch."""
    layers = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    for layer in layers:
        layer.trainable = False
    try:
        yield
    finally:
        for layer in layers:
            layer.trainable = True


@contextmanager
def _eager_functions() -> Iterator[None]:
    """Run `tf.function`s eagerly, so that gradients are numbers."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)
