"""Check that a custom loss and metrics give the same over padded batches of several ranks as over all rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from headrace.errors import ConfigurationError
from headrace.networks.network_build_and_checks import describe_failure
from headrace.networks.output_properties_interface import network_outputs
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import CustomObjective
from headrace.wording import join_names

ROWS = 24
# Rows of three unequal batches, and rows of weight 0 that fill each of them up.
BATCHES, PADDING = (slice(0, 11), slice(11, 13), slice(13, ROWS)), 3
TOLERANCE = 1e-4
Array = NDArray[Any]


def require_padding_invariant(custom: CustomObjective, names: Sequence[str]) -> None:
    """Raise unless the loss and the metrics of a file are the same over padded batches of several ranks.

    Args:
        names: names of the other metrics.

    Raises:
        ConfigurationError: the loss of a row depends on other rows, or the states of a metric cannot be added up.
    """
    random = np.random.default_rng(5)
    targets, predictions = network_outputs(custom.contract.task).random_rows(random, ROWS, custom.contract)
    loss = custom.loss()
    if loss is not None:
        _require_independent_losses(loss, targets, predictions, _weights(targets, custom).shape, custom.source("loss"))
    found = [metric.name for metric in custom.metrics()]
    taken = sorted({name for name in found if found.count(name) > 1 or name in (*names, "loss")})
    if taken:
        raise ConfigurationError(
            f"{custom.source('metrics')} returned a metric {taken[0]!r}, and another has this name; give it a `name`."
        )
    for number, name in enumerate(found):
        _require_sums(custom, number, name, targets, predictions)


def _weights(targets: Array, custom: CustomObjective) -> NDArray[np.float32]:
    """Return a weight of 1 for each row, or for each pixel."""
    return np.ones(targets.shape if custom.contract.target.is_per_pixel else len(targets), np.float32)


def _require_independent_losses(
    loss: keras.losses.Loss, targets: Array, predictions: Array, expected: tuple[int, ...], source: str
) -> None:
    """Raise unless the loss gives values of the shape `expected`, whatever the other rows of the batch are."""
    loss.reduction = "none"
    together = np.asarray(loss(targets, predictions))
    apart = [np.asarray(loss(targets[rows], predictions[rows])) for rows in BATCHES]
    if together.shape != expected:
        each = "row" if len(expected) == 1 else f"pixel, of shape {expected}"
        raise ConfigurationError(
            f"{source} gives values of shape {together.shape} for {ROWS} rows; expected one value for each "
            f"{each}, which Headrace weighs and averages over all ranks."
        )
    if not np.allclose(np.concatenate(apart), together, rtol=TOLERANCE, atol=1e-6):
        raise ConfigurationError(
            f"{source} gives a row another value if other rows are in its batch; expected a function of one "
            "row, as ranks see other batches than one process would."
        )


def _require_sums(custom: CustomObjective, number: int, name: str, targets: Array, predictions: Array) -> None:
    """Raise unless the states of a metric over padded batches add up to its state over all rows."""
    whole, *parts = (custom.metrics()[number] for _ in range(len(BATCHES) + 1))
    try:
        whole.update_state(targets, predictions, sample_weight=_weights(targets, custom))
        padded = _padded(targets, predictions, _weights(targets, custom))
        for part, (some_targets, some_predictions, weights) in zip(parts, padded, strict=True):
            part.update_state(some_targets, some_predictions, sample_weight=weights)
        states = [
            sum(np.asarray(one.value) for one in same) for same in zip(*(p.variables for p in parts), strict=True)
        ]
        for variable, state in zip(parts[0].variables, states, strict=True):
            variable.assign(state)
        received, expected = np.asarray(parts[0].result()), np.asarray(whole.result())
    except Exception as error:  # noqa: BLE001  the user's code may raise anything
        failure = describe_failure(error, custom.path, {})
        raise ConfigurationError(f"The metric {name!r} of {custom.source('metrics')} failed at {failure}") from error
    if expected.shape:
        raise ConfigurationError(
            f"The metric {name!r} of {custom.source('metrics')} is {len(expected)} numbers; expected one, such as "
            "their mean."
        )
    if not np.allclose(received, expected, rtol=TOLERANCE, atol=1e-6):
        raise ConfigurationError(
            f"The metric {name!r} of {custom.source('metrics')} is {float(received):.4g} over three padded batches and "
            f"{float(expected):.4g} over the same rows: its states cannot be added up over ranks. Its variables "
            f"({join_names([variable.name for variable in whole.variables])}) must be sums over rows, times their "
            "weights."
        )


def _padded(targets: Array, predictions: Array, weights: Array) -> Iterator[tuple[Array, Array, Array]]:
    """Yield the batches, each followed by rows of weight 0."""
    for rows in BATCHES:
        yield (
            np.concatenate([targets[rows], targets[:PADDING]]),
            np.concatenate([predictions[rows], predictions[-PADDING:]]),
            np.concatenate([weights[rows], np.zeros_like(weights[:PADDING])]),
        )
