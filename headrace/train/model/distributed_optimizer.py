"""Keras 3 optimizers that average gradients over all ranks before any other processing."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from headrace.config.sections.training import Optimizer
from headrace.errors import ConfigurationError
from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor, mean_gradients

CLASSES = {
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adafactor": "Adafactor",
    "ftrl": "Ftrl",
    "lion": "Lion",
    "lamb": "Lamb",
}

# float16 has a narrow range of exponents: losses are scaled up so that small gradients do not become 0.
NEEDS_LOSS_SCALING = "mixed_float16"


def make_optimizer(
    settings: Optimizer, rate: Any = None, precision: str = "float32", custom: keras.Optimizer | None = None
) -> keras.Optimizer:
    """Return the Keras optimizer that `settings` describe.

    Args:
        rate: a number or a schedule; `settings.learning_rate` when None.
        precision: Keras's dtype policy of the model.
        custom: an optimizer of the network's file, which is used instead.

    Raises:
        ConfigurationError: Keras rejects one of the options, or ignores it.
    """
    optimizer = custom or _from_settings(settings)
    if rate is not None and custom is None:
        optimizer.learning_rate = rate
    return keras.optimizers.LossScaleOptimizer(optimizer) if precision == NEEDS_LOSS_SCALING else optimizer


def _from_settings(settings: Optimizer) -> keras.Optimizer:
    _require_positive_clipping(settings.options)
    options = {"learning_rate": settings.learning_rate, **settings.options}
    if settings.accumulate_steps > 1:
        options["gradient_accumulation_steps"] = settings.accumulate_steps
    try:
        return keras.optimizers.deserialize({"class_name": CLASSES[settings.name], "config": options})
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"train.optimizer.options {settings.options} are invalid for {settings.name}: {error}"
        ) from error


def _require_positive_clipping(options: Mapping[str, Any]) -> None:
    """Raise if gradients would not be clipped: Keras ignores a limit that is not above 0."""
    for key in ("clipnorm", "clipvalue", "global_clipnorm"):
        limit = options.get(key)
        if isinstance(limit, int | float) and not limit > 0:
            raise ConfigurationError(
                f"train.optimizer.options.{key} is {limit}; expected a number above 0, or no such option."
            )


def make_distributed(
    optimizer: keras.Optimizer, compression: str = "none", monitor: GradientMonitor | None = None
) -> keras.Optimizer:
    """Change `optimizer` to average gradients over all ranks first, and return it.

    Keras clips, decays, scales and averages after that, so it sees the gradient of the global batch, the same on
    every rank. If gradients are accumulated over steps, their sum is reduced once. Loss scaling is an exception: its
    test for finite gradients must see the gradients of all ranks at every step.

    Args:
        compression: number format between ranks: `none`, `fp16` or `bf16`.
        monitor: receives every reduced gradient.
    """
    base_class = type(optimizer)
    accumulates = bool(getattr(optimizer, "gradient_accumulation_steps", None))

    class Distributed(base_class):  # type: ignore[misc, valid-type]
        def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
            super().apply(
                _to_dense(grads) if accumulates else _reduce(grads, compression, monitor), trainable_variables
            )

        def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
            """Do nothing: Keras calls this after every `fit`, and an interrupted run has several."""

        def finish(self, variables: Sequence[keras.Variable]) -> None:
            """Replace the weights by their moving averages, if these are used."""
            super().finalize_variable_values(variables)

        def _clip_gradients(self, grads: Sequence[Any]) -> Any:
            # Keras clips first, once the sum of accumulated gradients is complete.
            return super()._clip_gradients(_reduce(grads, compression, monitor) if accumulates else grads)

    Distributed.__name__ = base_class.__name__
    Distributed.__qualname__ = base_class.__qualname__
    # Rebuilding it from its configuration would recreate the schedule from the schedule's get_config.
    optimizer.__class__ = Distributed
    return optimizer


def _to_dense(grads: Sequence[Any]) -> list[tf.Tensor | None]:
    return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in grads]


def _reduce(grads: Sequence[Any], compression: str, monitor: GradientMonitor | None) -> list[tf.Tensor | None]:
    present = mean_gradients([gradient for gradient in grads if gradient is not None], compression)
    means = iter(present)
    reduced = [None if gradient is None else next(means) for gradient in grads]
    if monitor is not None:
        monitor.record(reduced)
    return reduced
