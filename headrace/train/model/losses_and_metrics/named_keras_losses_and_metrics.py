"""Make the Keras loss and metrics that the configuration names, with their arguments.

They are tried as those of a network's file are, before the first step; see `custom_loss_metrics_optimizer_callbacks`.
"""

import difflib
import inspect
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import keras
import tensorflow as tf

from headrace.config.sections.training import Loss, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.wording import join_names

NUMBERED = re.compile(r"_[0-9]+$")

# Losses and metrics whose name begins so take class indices, and all others of classes one column for each class.
TAKES_INDICES = "Sparse"


class OneHotLoss(keras.losses.Loss):
    """A loss of one column for each class, for targets that are class indices."""

    def __init__(self, loss: keras.losses.Loss, classes: int) -> None:
        super().__init__(name=loss.name)
        self.loss, self.classes = loss, classes

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return (rows,) losses from (rows,) class indices and (rows, classes) probabilities."""
        return self.loss.call(one_hot(y_true, self.classes, y_pred), y_pred)


class OneHotMetric(keras.metrics.Metric):
    """A metric of one column for each class, for targets that are class indices."""

    def __init__(self, metric: keras.metrics.Metric, classes: int) -> None:
        super().__init__(name=metric.name)
        self.metric, self.classes = metric, classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add (rows,) class indices, (rows, classes) probabilities and (rows,) weights."""
        self.metric.update_state(one_hot(y_true, self.classes, y_pred), y_pred, sample_weight=sample_weight)

    def result(self) -> Any:
        """Return the result of the metric."""
        return self.metric.result()

    def reset_state(self) -> None:
        """Forget all rows."""
        self.metric.reset_state()


def one_hot(indices: Any, classes: int, predictions: Any) -> tf.Tensor:
    """Return class indices, (rows,) or (rows, height, width), as one column for each class, typed as predictions."""
    outputs = tf.convert_to_tensor(predictions)
    return tf.one_hot(tf.cast(tf.reshape(indices, tf.shape(outputs)[:-1]), tf.int32), classes, dtype=outputs.dtype)


def named_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """Return the Keras loss `settings.name`.

    Raises:
        ConfigurationError: Keras has no such loss, or it does not take the options.
    """
    made = _make(keras.losses, keras.losses.Loss, str(settings.name), settings.options, "train.loss")
    return OneHotLoss(made, contract.outputs) if _is_one_hot(str(settings.name), contract) else made


def named_metrics(settings: Train, contract: Contract) -> list[keras.metrics.Metric]:
    """Return the Keras metrics of `settings.keras_metrics`, in their order.

    Raises:
        ConfigurationError: Keras has no such metric, or it does not take the options.
    """
    metrics = []
    for name, options in settings.keras_metrics.items():
        made = _make(keras.metrics, keras.metrics.Metric, name, options, "train.keras_metrics")
        metrics.append(OneHotMetric(made, contract.outputs) if _is_one_hot(name, contract) else made)
    return metrics


def _is_one_hot(name: str, contract: Contract) -> bool:
    return (contract.target.has_one_class or contract.target.is_per_pixel) and not name.startswith(TAKES_INDICES)


def _make(module: ModuleType, base: type[Any], name: str, options: Mapping[str, Any], key: str) -> Any:
    known: dict[str, type[Any]] = {
        one: found for one, found in vars(module).items() if inspect.isclass(found) and issubclass(found, base)
    }
    if name not in known or known[name] is base:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or sorted(known)
        raise ConfigurationError(
            f"{key} names {name!r}, and Keras has none of this name; expected one such as {join_names(near)}."
        )
    try:
        made = known[name](**options)
        # Keras numbers the names of further objects of a class; ranks and runs would call a metric differently.
        return made if "name" in options else known[name](**options, name=NUMBERED.sub("", made.name))
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{key}: Keras does not make {name} with the options {dict(options)}: {error}"
        ) from error
