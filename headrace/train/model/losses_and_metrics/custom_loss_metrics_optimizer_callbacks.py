"""Load the loss, metrics, optimizer and callbacks that a network file defines, or that the configuration names.

Ranks add up losses and the states of metrics, and batches are padded with rows of weight 0. A loss and metrics that do
not allow for this are detected by `custom_loss_and_metrics_padding_check` before the first step.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from headrace.config.sections.training import Optimizer, Train
from headrace.contract import Contract
from headrace.errors import ConfigurationError, HeadraceError
from headrace.networks.keras_settings_in_network_file_refusal import refuse_changed_keras_settings
from headrace.networks.network_build_and_checks import describe_failure, file_functions
from headrace.train.model.losses_and_metrics.loss_and_metrics import make_loss, make_metrics
from headrace.train.model.losses_and_metrics.named_keras_losses_and_metrics import named_loss, named_metrics
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum, RowMetric

# Keys of `train` that name a loss and metrics in Keras.
KEYS = {"loss": "loss.name", "metrics": "keras_metrics"}
PARAMETERS = {
    "loss": ("contract",),
    "metrics": ("contract",),
    "optimizer": ("contract", "rate"),
    "callbacks": ("contract",),
}
# Their work is Headrace's, which does it on all ranks and when a run resumes.
REFUSED_CALLBACKS = {
    keras.callbacks.BackupAndRestore: "Headrace writes checkpoints, and resumes from them",
    keras.callbacks.ModelCheckpoint: "Headrace writes checkpoints, and train.monitor keeps the best epoch",
    keras.callbacks.SwapEMAWeights: "checkpoints would have the averaged weights",
}


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

    def training_loss(self, settings: Train) -> keras.losses.Loss:
        """Return a new loss: that of the file, or that of `settings`."""
        return self.loss() or make_loss(settings.loss, self.contract)

    def weighted_metrics(
        self, settings: Train, row_metric: Callable[[keras.metrics.Metric], RowMetric] = RowMetric
    ) -> list[keras.metrics.Metric]:
        """Return the metrics of `settings` and of the file, and the sum of the loss over rows.

        Padding has weight 0 in the loss and in the metrics; class weights and those of rows apply to the loss alone.
        """
        metrics = [*make_metrics(settings.metrics, self.contract), *self.metrics()]
        return [*map(row_metric, metrics), RowLossSum(self.training_loss(settings))]

    def metrics(self) -> list[keras.metrics.Metric]:
        """Return new metrics; none if the file has none.

        Raises:
            ConfigurationError: `metrics` fails, or returns other things.
        """
        return self._call_for_list("metrics", keras.metrics.Metric, "a list of keras.metrics.Metric")

    def optimizer(self, rate: Any) -> keras.Optimizer | None:
        """Return the optimizer with the learning rate, or the schedule, `rate`; None if the file has none.

        Raises:
            ConfigurationError: `optimizer` fails, or returns something else.
        """
        made = self._call("optimizer", rate)
        if made is not None:
            self._require("optimizer", made, keras.Optimizer, "a keras.Optimizer")
        return made

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """Return new callbacks; none if the file has none.

        Raises:
            ConfigurationError: `callbacks` fails, or returns other things or callbacks that do Headrace's work.
        """
        made = self._call_for_list("callbacks", keras.callbacks.Callback, "a list of keras.callbacks.Callback")
        for one in made:
            self._refuse_callback(one)
        return made

    def _refuse_callback(self, callback: keras.callbacks.Callback) -> None:
        reason = next((why for kind, why in REFUSED_CALLBACKS.items() if isinstance(callback, kind)), None)
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.restore_best_weights:
            reason = "set train.monitor.patience and train.monitor.bundle=best instead of restore_best_weights"
        if reason:
            raise ConfigurationError(
                f"{self.source('callbacks')} returned a {type(callback).__name__}: {reason}. Remove it."
            )

    def _call_for_list(self, name: str, kind: Any, expected: str) -> list[Any]:
        made = self._call(name)
        if made is None:
            return []
        self._require(name, made, list | tuple, expected)
        for one in made:
            self._require(name, one, kind, expected)
        return list(made)

    def _call(self, name: str, *arguments: Any) -> Any:
        if name not in self.functions:
            return None
        try:
            with refuse_changed_keras_settings(self.path):
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
    ignored += ["loss.negatives"] if "loss" in functions and settings.loss.negatives == "batch" else []
    ignored += ["keras_metrics"] if "metrics" in functions and settings.keras_metrics else []
    if ignored:
        raise ConfigurationError(
            f"train.{ignored[0]} would have no effect, as {path} defines "
            f"`{ignored[0].removeprefix('keras_').partition('.')[0]}`; remove one of them."
        )
    if "metrics" in functions and settings.loss.negatives == "batch":
        raise ConfigurationError(
            f"`metrics` in {path} would see the items of a batch only, as train.loss.negatives is batch; remove it, or "
            "set train.loss.negatives=all."
        )
