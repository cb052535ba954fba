"""A search whose study is tracked when its command ends: a run for the study and, nested in it, one for each trial."""

from typing import Any

from headrace.config import Configuration
from headrace.registry.store import open_registry
from headrace.registry.study_tracking import track_study
from headrace.tune.job import tune


def tune_tracked(configuration: Configuration) -> dict[str, Any]:
    """`tune`, and `tracked`: MLflow's number for the study's run.

    Raises:
        HeadraceError: as `tune` raises, or the registry does not answer.
    """
    registry = open_registry(configuration)
    return tune(configuration, lambda outcome: track_study(registry, outcome))
