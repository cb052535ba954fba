"""Loss and metrics of a model, from settings and contract."""

from typing import Protocol

import keras

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.targets.target_kind_loader import target_module
from headrace.train.monitored_metric import metric_names
from headrace.train.validate_settings import require_loss


class ObjectiveInterface(Protocol):
    """The module `objective` of a target kind."""

    def make_loss(self, settings: Loss, contract: Contract) -> keras.losses.Loss:
        """Return the loss of `settings`, which fit the kind."""

    def make_metric(self, name: str, contract: Contract) -> keras.metrics.Metric:
        """Return one of the kind's training metrics; its state can be summed over ranks."""


def make_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """Return the loss of `settings` for the target of the contract.

    Raises:
        ConfigurationError: `settings` name classes, but the table has none.
    """
    require_loss(settings, contract)
    return _objective(contract).make_loss(settings, contract)


def make_metrics(chosen: tuple[str, ...] | None, contract: Contract) -> list[keras.metrics.Metric]:
    """Return the named metrics, or the task's defaults; their states can be summed over ranks.

    Raises:
        ConfigurationError: a metric belongs to another task.
    """
    return [_objective(contract).make_metric(name, contract) for name in metric_names(chosen, contract)]


def _objective(contract: Contract) -> ObjectiveInterface:
    module: ObjectiveInterface = target_module(contract.task, "objective")
    return module
