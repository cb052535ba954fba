"""A training whose run is tracked when it has ended, well or badly."""

from typing import Any

from headrace.config import Configuration
from headrace.errors import TrainingError
from headrace.registry.store import open_registry
from headrace.registry.tracking import track
from headrace.storage import locate
from headrace.train.job import train


def train_tracked(configuration: Configuration) -> dict[str, Any]:
    """`train`, and then `tracked`: MLflow's number for the run.

    Raises:
        HeadraceError: as `train` raises, or the registry does not answer.
    """
    registry, run = open_registry(configuration), locate(configuration.train.run)
    try:
        result = train(configuration)
    except TrainingError:
        if (run / "run.json").exists():
            track(registry, run)
        raise
    return result | {"tracked": track(registry, run)}
