"""Interfaces by which kinds of targets and inputs provide the values that drift is measured on."""

from collections.abc import Sequence
from typing import Any, Protocol

from headrace.contract import Contract
from headrace.features.input_kind_loader import input_module
from headrace.targets.target_kind_loader import target_module

ALL = "all rows"


class DriftTargetValuesInterface(Protocol):
    """The module `gate_slices_and_drift_statistics` of a target kind."""

    def target_label(self, target: Any, contract: Contract) -> Any:
        """Return a stored target with names instead of numbers, which another version may assign otherwise."""

    def profile_groups(self, target: Any, contract: Contract) -> Sequence[str]:
        """Return the names under which a row counts: of its classes, or `ALL`."""

    def statistics(self, target: Any) -> dict[str, float]:
        """Return statistics of the target itself."""


def drift_target_values_module(task: str) -> DriftTargetValuesInterface:
    """Return the module of the target kind `task` that gives values to compare for drift."""
    module: DriftTargetValuesInterface = target_module(task, "gate_slices_and_drift_statistics")
    return module


class DriftValuesInterface(Protocol):
    """The module `drift_values` of an input kind."""

    def statistics(self, payload: Any, contract: Contract) -> dict[str, float]:
        """Return the statistics of one stored input, as bytes; of several a dict of them by name."""


def drift_values_module(kind: str) -> DriftValuesInterface:
    """Return the module of the input kind `kind` that gives values to compare for drift."""
    module: DriftValuesInterface = input_module(kind, "drift_values")
    return module
