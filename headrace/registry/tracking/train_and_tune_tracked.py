"""`headrace train` and `headrace tune` with tracking: runs and studies are logged when they end, failed ones too."""

from typing import Any

from headrace.config import Configuration
from headrace.errors import TrainingError
from headrace.registry.registry_connection import open_registry
from headrace.registry.tracking.study_tracking import track_study
from headrace.registry.tracking.training_run_tracking import track
from headrace.storage import locate
from headrace.train.job import train
from headrace.tune.job import tune


def train_tracked(configuration: Configuration, *, restart: bool = False) -> dict[str, Any]:
    """Train and track the run, also if training fails.

    Args:
        restart: start over; what the run has trained is lost.

    Returns:
        The result of `train`, and `tracked`: the id of the MLflow run.

    Raises:
        HeadraceError: `train` raises it, or the registry does not respond.
    """
    registry, run = open_registry(configuration), locate(configuration.train.run)
    # Before the training rather than after it.
    registry.require_database()
    registry.require_writable()
    try:
        result = train(configuration, restart=restart)
    except TrainingError:
        if (run / "run.json").exists():
            track(registry, run)
        raise
    return result | {"tracked": track(registry, run)}


def tune_tracked(configuration: Configuration) -> dict[str, Any]:
    """Run a study and track it.

    Returns:
        The result of `tune`, and `tracked`: the id of the study's MLflow run.

    Raises:
        HeadraceError: `tune` raises it, or the registry does not respond.
    """
    registry = open_registry(configuration)
    registry.require_database()
    registry.require_writable()
    return tune(configuration, lambda result: track_study(registry, result))
