"""Trainings and searches that are tracked when their command ends, also when it fails."""

from typing import Any

from headrace.config import Configuration
from headrace.errors import TrainingError
from headrace.registry.store import open_registry
from headrace.registry.tracking.study import track_study
from headrace.registry.tracking.training import track
from headrace.storage import locate
from headrace.train.job import train
from headrace.tune.job import tune


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


def tune_tracked(configuration: Configuration) -> dict[str, Any]:
    """`tune`, and `tracked`: MLflow's number for the study's run.

    Raises:
        HeadraceError: as `tune` raises, or the registry does not answer.
    """
    registry = open_registry(configuration)
    return tune(configuration, lambda outcome: track_study(registry, outcome))
