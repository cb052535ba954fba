"""The space that is searched: values for keys of the configuration, as Optuna chooses and keeps them."""

import itertools
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from optuna import Trial

from headrace.config import Configuration
from headrace.config.load import changed
from headrace.config.sections.tuning import Choice, Parameter

Space = Mapping[str, Parameter]
Values = dict[str, Any]


def require_space(configuration: Configuration, space: Space) -> None:
    """Raise unless each value at a parameter's ends, or each choice, fits its key.

    Raises:
        ConfigurationError: a key is unknown, or does not take such values.
    """
    for key, parameter in space.items():
        for value in parameter.choices or (_number(parameter, parameter.low), _number(parameter, parameter.high)):
            changed(configuration, {key: _plain(value)}, f"tune.space.{key}")


def suggest(trial: Trial, space: Space) -> Values:
    """The value of each key in `trial`: those that it has already, and where it has none, what its sampler chooses."""
    return {key: _choose(trial, key, parameter) for key, parameter in space.items()}


def parse_values(kept: Mapping[str, Choice], space: Space) -> Values:
    """What Optuna has kept of a trial, as values of the configuration."""
    return {key: _value(space[key], one) for key, one in kept.items() if key in space}


def grid(space: Space) -> Iterator[dict[str, Choice]]:
    """All combinations, as Optuna keeps them; the last key changes first."""
    for combination in itertools.product(*(_points(parameter) for parameter in space.values())):
        yield dict(zip(space, combination, strict=True))


def _choose(trial: Trial, key: str, parameter: Parameter) -> Any:
    if parameter.kind == "categorical":
        labels = [_label(choice) for choice in parameter.choices]
        return _value(parameter, trial.suggest_categorical(key, labels))
    low, high = _number(parameter, parameter.low), _number(parameter, parameter.high)
    if parameter.kind == "int":
        return trial.suggest_int(key, int(low), int(high), step=int(parameter.step or 1), log=parameter.log)
    return trial.suggest_float(key, low, high, step=parameter.step, log=parameter.log)


def _points(parameter: Parameter) -> list[Choice]:
    if parameter.kind == "categorical":
        return [_label(choice) for choice in parameter.choices]
    # In decimals, as 0.1 + 2 x 0.1 would be 0.30000000000000004.
    low, high, step = (Decimal(str(value)) for value in (parameter.low, parameter.high, parameter.step or 1))
    points = [low + number * step for number in range(int((high - low) / step) + 1)]
    return [int(point) if parameter.kind == "int" else float(point) for point in points]


def _number(parameter: Parameter, value: float | None) -> float | int:
    # Configurations are refused where an end is missing.
    end = value if value is not None else 0.0
    return int(end) if parameter.kind == "int" else end


def _label(choice: Choice | tuple[Choice, ...]) -> Choice:
    """Optuna keeps no lists; they become text."""
    return json.dumps(choice) if isinstance(choice, tuple) else choice


def _value(parameter: Parameter, kept: Choice) -> Any:
    if parameter.kind != "categorical":
        return kept
    return _plain(next(choice for choice in parameter.choices if _label(choice) == kept))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
