"""The search space: values for configuration keys, and their conversion to and from Optuna's parameters."""

import itertools
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from optuna import Trial

from headrace.config import Configuration
from headrace.config.load import with_values
from headrace.config.sections.tuning import Choice, Parameter
from headrace.errors import ConfigurationError

Space = Mapping[str, Parameter]
Values = dict[str, Any]


def require_space(configuration: Configuration, space: Space) -> None:
    """Raise unless each parameter's low and high, or each of its choices, is valid for its key.

    Raises:
        ConfigurationError: a key is unknown or a value is invalid for it.
    """
    for key, parameter in space.items():
        for value in parameter.choices or (_number(parameter, parameter.low), _number(parameter, parameter.high)):
            with_values(configuration, {key: _plain(value)}, f"tune.space.{key}")


def require_comparable(metric: str, space: Space, validates: bool, *, in_batch: bool = False) -> None:
    """Raise if a searched key changes what `metric` measures, so that trials could not be compared by it.

    Args:
        validates: whether the table has a validation split. A metric without `val_` is that of the training steps,
            also where there is one.
        in_batch: whether the loss of a training row is one among the items of its batch.

    Raises:
        ConfigurationError: it is the loss, and its settings are searched, or it is one of training batches, and their
            augmentation, or what the loss compares, is searched.
    """
    # Validation ranks all items, whatever those are that a training step compares.
    changes = [
        key
        for key in space
        if metric.endswith("loss") and key.startswith("train.loss") and key != "train.loss.negatives"
    ]
    if not metric.startswith("val_"):
        changes += [key for key in space if key.startswith(("stream.augment", "train.loss.class_weights"))]
        changes += [key for key in space if key == "train.loss.negatives" or (in_batch and key == "train.batch_size")]
    if changes:
        other = "accuracy" if validates else "accuracy, with a validation split in the table"
        raise ConfigurationError(
            f"tune.space searches {', '.join(dict.fromkeys(changes))}, which changes what {metric} measures, so that "
            "trials cannot be compared by it. Set train.monitor.metric to a metric that does not depend on it, "
            f"such as {'val_' if validates else ''}{other}."
        )


def require_no_penalties(metric: str, space: Space) -> None:
    """Raise if trials of networks that add penalties to the loss are compared by it, and the network's options differ.

    Raises:
        ConfigurationError: `metric` is a loss, and `space` has options of the network.
    """
    options = [key for key in space if key.startswith("model.options")]
    if metric.endswith("loss") and options:
        raise ConfigurationError(
            f"The network adds penalties to the loss, such as those of a kernel_regularizer, and tune.space searches "
            f"{', '.join(options)}, so that {metric} of two trials cannot be compared. Set train.monitor.metric to "
            "another metric, such as val_accuracy."
        )


def suggest(trial: Trial, space: Space) -> Values:
    """Return the value of each key in `trial`: its existing value, otherwise a value drawn by its sampler."""
    return {key: _suggest(trial, key, parameter) for key, parameter in space.items()}


def parse_values(parameters: Mapping[str, Choice], space: Space) -> Values:
    """Convert the parameters of an Optuna trial to configuration values."""
    return {key: _decode(space[key], value) for key, value in parameters.items() if key in space}


def grid(space: Space) -> Iterator[dict[str, Choice]]:
    """Yield all combinations as Optuna parameters; the last key varies fastest."""
    for combination in itertools.product(*(_grid_points(parameter) for parameter in space.values())):
        yield dict(zip(space, combination, strict=True))


def _suggest(trial: Trial, key: str, parameter: Parameter) -> Any:
    if parameter.kind == "categorical":
        labels = [_encode(choice) for choice in parameter.choices]
        return _decode(parameter, trial.suggest_categorical(key, labels))
    low, high = _number(parameter, parameter.low), _number(parameter, parameter.high)
    if parameter.kind == "int":
        return trial.suggest_int(key, int(low), int(high), step=int(parameter.step or 1), log=parameter.log)
    return trial.suggest_float(key, low, high, step=parameter.step, log=parameter.log)


def _grid_points(parameter: Parameter) -> list[Choice]:
    if parameter.kind == "categorical":
        return [_encode(choice) for choice in parameter.choices]
    # Decimal, because 0.1 + 2 x 0.1 is 0.30000000000000004 in floating point.
    low, high, step = (Decimal(str(value)) for value in (parameter.low, parameter.high, parameter.step or 1))
    points = [low + number * step for number in range(int((high - low) / step) + 1)]
    return [int(point) if parameter.kind == "int" else float(point) for point in points]


def _number(parameter: Parameter, value: float | None) -> float | int:
    # The configuration requires low and high, so the value is None for choices only.
    bound = value if value is not None else 0.0
    return int(bound) if parameter.kind == "int" else bound


def _encode(choice: Choice | tuple[Choice, ...]) -> Choice:
    """Convert a choice to a value that Optuna can store: a list becomes JSON text."""
    return json.dumps(choice) if isinstance(choice, tuple) else choice


def _decode(parameter: Parameter, value: Choice) -> Any:
    if parameter.kind != "categorical":
        return value
    return _plain(next(choice for choice in parameter.choices if _encode(choice) == value))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
