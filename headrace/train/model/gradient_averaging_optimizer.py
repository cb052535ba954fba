"""Keras 3 optimizers that average gradients over all ranks before any other processing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor, mean_gradients


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


@contextmanager
def moving_averages(model: keras.Model) -> Iterator[None]:
    """Give `model` the moving averages of its weights, as its bundle gets them, if its optimizer keeps them."""
    optimizer = model.optimizer
    if not getattr(optimizer, "inner_optimizer", optimizer).use_ema:
        yield
        return
    weights = model.trainable_weights
    trained = [tf.identity(weight.value) for weight in weights]
    optimizer.finish(weights)
    try:
        yield
    finally:
        for weight, value in zip(weights, trained, strict=True):
            weight.assign(value)


def _to_dense(grads: Sequence[Any]) -> list[tf.Tensor | None]:
    return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in grads]


def _reduce(grads: Sequence[Any], compression: str, monitor: GradientMonitor | None) -> list[tf.Tensor | None]:
    present = mean_gradients([gradient for gradient in grads if gradient is not None], compression)
    means = iter(present)
    reduced = [None if gradient is None else next(means) for gradient in grads]
    if monitor is not None:
        monitor.record(reduced)
    return reduced
