"""How a target kind counts rows in a profile, and which statistics an input kind has."""

from collections.abc import Sequence
from typing import Any, Protocol

from headrace.contract import Column, Contract
from headrace.features.doors import open_door as open_feature_door
from headrace.targets.doors import open_door

ALL = "all rows"


class DriftDoor(Protocol):
    """The module `drift` of a target kind."""

    def name_target(self, target: Any, contract: Contract) -> Any:
        """Return a stored target with names instead of numbers, which another version may assign otherwise."""

    def counted_names(self, target: Any, contract: Contract) -> Sequence[str]:
        """Return the names under which a row counts: of its classes, or `ALL`."""

    def statistics(self, target: Any) -> dict[str, float]:
        """Return statistics of the target itself."""


def drift_door(task: str) -> DriftDoor:
    """Return how the target kind `task` counts rows."""
    door: DriftDoor = open_door(task, "drift")
    return door


class FeatureDriftDoor(Protocol):
    """The module `drift` of an input kind."""

    def statistics(self, payload: bytes, column: Column) -> dict[str, float]:
        """Return the statistics of one stored input."""


def feature_drift_door(kind: str) -> FeatureDriftDoor:
    """Return the statistics of the input kind `kind`."""
    door: FeatureDriftDoor = open_feature_door(kind, "drift")
    return door
