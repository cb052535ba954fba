"""Build the Keras optimizer of the settings."""

from collections.abc import Mapping
from typing import Any

import keras

from headrace.config.sections.training import Optimizer
from headrace.errors import ConfigurationError

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
