"""Keras 3 optimizers that average gradients over all ranks before any other processing."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from headrace.config.sections.training import Optimizer
from headrace.errors import ConfigurationError
from headrace.train.distributed.gradients import GradientMonitor, mean_gradients

CLASSES = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}

# Half precision has few exponents: losses are scaled up so that small gradients do not become 0.
NEEDS_LOSS_SCALING = "mixed_float16"


def make_optimizer(settings: Optimizer, rate: Any = None, precision: str = "float32") -> keras.Optimizer:
    """Return the Keras optimizer that `settings` describe.

    Args:
        rate: a number or a schedule; the settings' own number if not given.

    Raises:
        ConfigurationError: Keras does not know one of the options.
    """
    options = {"learning_rate": settings.learning_rate, **settings.options}
    if settings.accumulate_steps > 1:
        options["gradient_accumulation_steps"] = settings.accumulate_steps
    try:
        made = keras.optimizers.deserialize({"class_name": CLASSES[settings.name], "config": options})
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"train.optimizer.options {settings.options} do not fit {settings.name}: {error}"
        ) from error
    if rate is not None:
        made.learning_rate = rate
    return keras.optimizers.LossScaleOptimizer(made) if precision == NEEDS_LOSS_SCALING else made


def distributed(
    optimizer: keras.Optimizer, compression: str = "none", watch: GradientMonitor | None = None
) -> keras.Optimizer:
    """Return `optimizer`, changed to average gradients over all ranks first.

    Keras clips, decays, scales and averages after that, and so sees the gradient of the global batch, the same on
    every rank. Where gradients are accumulated over steps, their sum is reduced, once; except under loss scaling,
    whose test for finite gradients must see what all ranks have, at every step.

    Args:
        compression: `none`, `fp16` or `bf16`, for the way between ranks.
        watch: is shown every reduced gradient.
    """
    kind = type(optimizer)
    accumulates = bool(getattr(optimizer, "gradient_accumulation_steps", None))

    class Distributed(kind):  # type: ignore[misc, valid-type]
        def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
            super().apply(_dense(grads) if accumulates else _reduced(grads, compression, watch), trainable_variables)

        def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
            """Do nothing: Keras calls this after every `fit`, and an interrupted run has several."""

        def finish(self, variables: Sequence[keras.Variable]) -> None:
            """Replace the weights by their moving averages, if these are used."""
            super().finalize_variable_values(variables)

        def _clip_gradients(self, grads: Sequence[Any]) -> Any:
            # The first thing that Keras does with gradients whose sum is complete.
            return super()._clip_gradients(_reduced(grads, compression, watch) if accumulates else grads)

    Distributed.__name__ = kind.__name__
    Distributed.__qualname__ = kind.__qualname__
    # Its own configuration would make a schedule anew, from what the schedule says of itself.
    optimizer.__class__ = Distributed
    return optimizer


def _dense(grads: Sequence[Any]) -> list[tf.Tensor | None]:
    return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in grads]


def _reduced(grads: Sequence[Any], compression: str, watch: GradientMonitor | None) -> list[tf.Tensor | None]:
    present = mean_gradients([gradient for gradient in grads if gradient is not None], compression)
    if watch is not None:
        watch.see(present)
    reduced = iter(present)
    return [None if gradient is None else next(reduced) for gradient in grads]
