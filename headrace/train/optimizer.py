"""A Keras 3 optimizer that reduces gradients over all ranks before it does anything else with them."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from headrace.config.sections import Optimizer
from headrace.errors import ConfigurationError
from headrace.train.collectives import mean_gradients

CLASSES = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}


def make_optimizer(settings: Optimizer) -> keras.Optimizer:
    """The plain Keras optimizer that `settings` describe.

    Raises:
        ConfigurationError: Keras does not know one of the options.
    """
    options = {"learning_rate": settings.learning_rate, **settings.options}
    try:
        return keras.optimizers.deserialize({"class_name": CLASSES[settings.name], "config": options})
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"train.optimizer.options {settings.options} do not fit {settings.name}: {error}"
        ) from error


def distributed(optimizer: keras.Optimizer) -> keras.Optimizer:
    """`optimizer` as one whose `apply` first takes the mean of the gradients over all ranks.

    Keras clips, decays, scales and averages inside `apply`; all of that then sees the gradient of the global
    batch, the same on every rank.
    """
    kind = type(optimizer)

    class Distributed(kind):  # type: ignore[misc, valid-type]
        def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
            super().apply(self._reduced(grads), trainable_variables)

        def _reduced(self, grads: Sequence[Any]) -> list[tf.Tensor | None]:
            reduced = iter(mean_gradients([gradient for gradient in grads if gradient is not None]))
            return [None if gradient is None else next(reduced) for gradient in grads]

    Distributed.__name__ = kind.__name__
    Distributed.__qualname__ = kind.__qualname__
    made: keras.Optimizer = Distributed.from_config(optimizer.get_config())
    return made
