"""A training whose run is tracked when it has ended, well or badly."""

from pathlib import Path
from typing import Any

from headrace.config import Configuration
from headrace.errors import TrainingError
from headrace.registry.store import registry_of
from headrace.registry.tracking import track
from headrace.train.job import train


def train_tracked(configuration: Configuration) -> dict[str, Any]:
    """`train`, and then `tracked`: MLflow's number for the run.

    Raises:
        HeadraceError: as `train` raises, or the registry does not answer.
    """
    registry, run = registry_of(configuration), Path(configuration.train.run)
    try:
        result = train(configuration)
    except TrainingError:
        if (run / "run.json").exists():
            track(registry, run)
        raise
    return result | {"tracked": track(registry, run)}
