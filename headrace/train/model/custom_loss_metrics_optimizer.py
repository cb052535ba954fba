"""Load the loss, metrics and optimizer that a network file defines, or that the configuration names in Keras.

Ranks add up losses and the states of metrics, and batches are padded with rows of weight 0. A loss and metrics that do
not allow for this are detected before the first step.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.training import Optimizer, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError, HeadraceError
from headrace.networks.network_build_and_checks import describe_failure, file_functions
from headrace.networks.output_count_and_validity_interface import network_outputs
from headrace.train.model.named_keras_losses_and_metrics import named_loss, named_metrics
from headrace.wording import join_names

# Keys of `train` that name a loss and metrics in Keras.
KEYS = {"loss": "loss.name", "metrics": "keras_metrics"}
PARAMETERS = {"loss": ("contract",), "metrics": ("contract",), "optimizer": ("contract", "rate")}
ROWS = 24
# Rows of three unequal batches, and rows of weight 0 that fill each of them up.
BATCHES, PADDING = (slice(0, 11), slice(11, 13), slice(13, ROWS)), 3
TOLERANCE = 1e-4

Array = NDArray[Any]


class RowLoss(keras.losses.Loss):
    """A function from the targets and predictions of rows to their losses, (rows,)."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(name=function.__name__ if function.__name__.isidentifier() else "loss")
        self._function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return self._function(y_true, y_pred)


@dataclass(frozen=True)
class CustomObjective:
    """The functions of one network's file, called with the contract of a table.

    Attributes:
        functions: those of `PARAMETERS` that the file defines, or that make what the configuration names.
        named: those that the configuration names.
    """

    path: Path
    contract: Contract
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()

    def source(self, name: str) -> str:
        """Return where the function `name` comes from, as the subject of a sentence."""
        return f"train.{KEYS[name]}" if name in self.named else f"`{name}` in {self.path}"

    def loss(self) -> keras.losses.Loss | None:
        """Return a new loss that is a mean over rows; None if the file has none.

        Raises:
            ConfigurationError: `loss` fails, or returns neither a Keras loss nor a function.
        """
        made = self._call("loss")
        if made is None:
            return None
        if inspect.isfunction(made):
            made = RowLoss(made)
        self._require("loss", made, keras.losses.Loss, "a keras.losses.Loss or a function of (y_true, y_pred)")
        made.reduction = "sum_over_batch_size"
        return made

    def metrics(self) -> list[keras.metrics.Metric]:
        """Return new metrics; none if the file has none.

        Raises:
            ConfigurationError: `metrics` fails, or returns other things.
        """
        made = self._call("metrics")
        if made is None:
            return []
        self._require("metrics", made, list | tuple, "a list of keras.metrics.Metric")
        for metric in made:
            self._require("metrics", metric, keras.metrics.Metric, "a list of keras.metrics.Metric")
        return list(made)

    def optimizer(self, rate: Any) -> keras.Optimizer | None:
        """Return the optimizer with the learning rate, or the schedule, `rate`; None if the file has none.

        Raises:
            ConfigurationError: `optimizer` fails, or returns something else.
        """
        made = self._call("optimizer", rate)
        if made is not None:
            self._require("optimizer", made, keras.Optimizer, "a keras.Optimizer")
        return made

    def _call(self, name: str, *arguments: Any) -> Any:
        if name not in self.functions:
            return None
        try:
            made = self.functions[name](self.contract, *arguments)
        except HeadraceError:
            raise
        except Exception as error:  # noqa: BLE001  the user's code may raise anything
            failure = describe_failure(error, self.path, {})
            raise ConfigurationError(f"{self.source(name)} failed at {failure}") from error
        if made is None:
            raise ConfigurationError(f"{self.source(name)} returned nothing; add `return`.")
        return made

    def _require(self, name: str, made: Any, kind: Any, expected: str) -> None:
        if not isinstance(made, kind):
            raise ConfigurationError(f"{self.source(name)} returned {type(made).__name__}; expected {expected}.")


def load_custom_objective(path: Path, contract: Contract, settings: Train) -> CustomObjective:
    """Return the functions that the file at `path` defines.

    Raises:
        ConfigurationError: a function takes other arguments, or `settings` say what it decides.
    """
    functions = file_functions(path, tuple(PARAMETERS))
    for name, function in functions.items():
        needed = [
            one.name
            for one in inspect.signature(function).parameters.values()
            if one.default is inspect.Parameter.empty
        ]
        if tuple(needed) != PARAMETERS[name]:
            raise ConfigurationError(
                f"`{name}` in {path} takes ({', '.join(needed)}); a function of this name trains the network, and must "
                f"take ({', '.join(PARAMETERS[name])}). Rename it if it is something else."
            )
    _refuse_settings_without_effect(functions, settings, path)
    named = _named_functions(settings)
    return CustomObjective(path, contract, functions | named, frozenset(named))


def _named_functions(settings: Train) -> dict[str, Callable[..., Any]]:
    """Return the functions that make what the configuration names in Keras."""
    functions: dict[str, Callable[..., Any]] = {}
    if settings.loss.name is not None:
        functions["loss"] = lambda contract: named_loss(settings.loss, contract)
    if settings.keras_metrics:
        functions["metrics"] = lambda contract: named_metrics(settings, contract)
    return functions


def _refuse_settings_without_effect(functions: dict[str, Callable[..., Any]], settings: Train, path: Path) -> None:
    """Raise if a setting would have no effect, because a function of the file decides instead."""
    optimizer, plain = settings.optimizer, Optimizer()
    decided = ("name", "options", "accumulate_steps")
    keys = [f"optimizer.{name}" for name in decided if getattr(optimizer, name) != getattr(plain, name)]
    ignored = keys if "optimizer" in functions else []
    ignored += ["loss.label_smoothing"] if "loss" in functions and settings.loss.label_smoothing else []
    ignored += ["loss.name"] if "loss" in functions and settings.loss.name else []
    ignored += ["keras_metrics"] if "metrics" in functions and settings.keras_metrics else []
    if ignored:
        raise ConfigurationError(
            f"train.{ignored[0]} would have no effect, as {path} defines "
            f"`{ignored[0].removeprefix('keras_').partition('.')[0]}`; remove one of them."
        )


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
        _require_independent_losses(loss, targets, predictions, custom.source("loss"))
    found = [metric.name for metric in custom.metrics()]
    taken = sorted({name for name in found if found.count(name) > 1 or name in (*names, "loss")})
    if taken:
        raise ConfigurationError(
            f"{custom.source('metrics')} returned a metric {taken[0]!r}, and another has this name; give it a `name`."
        )
    for number, name in enumerate(found):
        _require_sums(custom, number, name, targets, predictions)


def _require_independent_losses(loss: keras.losses.Loss, targets: Array, predictions: Array, source: str) -> None:
    """Raise unless the loss gives one value per row, whatever the other rows of the batch are."""
    loss.reduction = "none"
    together = np.asarray(loss(targets, predictions))
    apart = [np.asarray(loss(targets[rows], predictions[rows])) for rows in BATCHES]
    if together.shape != (ROWS,):
        raise ConfigurationError(
            f"{source} gives values of shape {together.shape} for {ROWS} rows; expected one value for each "
            "row, which Headrace weighs and averages over all ranks."
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
        whole.update_state(targets, predictions, sample_weight=np.ones(ROWS, np.float32))
        for part, (some_targets, some_predictions, weights) in zip(parts, _padded(targets, predictions), strict=True):
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


def _padded(targets: Array, predictions: Array) -> Iterator[tuple[Array, Array, Array]]:
    """Yield the batches, each followed by rows of weight 0."""
    for rows in BATCHES:
        size = len(targets[rows])
        weights = np.concatenate([np.ones(size), np.zeros(PADDING)]).astype(np.float32)
        yield (
            np.concatenate([targets[rows], targets[:PADDING]]),
            np.concatenate([predictions[rows], predictions[-PADDING:]]),
            weights,
        )
