"""What MLflow is told of one run, within the bounds that it sets to a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.registry.store import Registry
from headrace.registry.tracking.artifacts import keep_files
from headrace.registry.tracking.redaction import flattened
from headrace.storage.local_copy import LocalCopy

if TYPE_CHECKING:
    from mlflow.entities import Metric

# MLflow's own bounds on one request, and on the length of a parameter.
METRICS_AT_ONCE = 1000
PARAMETERS_AT_ONCE = 100
LONGEST = 6000


@dataclass(frozen=True, kw_only=True)
class MlflowRun:
    """A run as MLflow keeps it.

    Attributes:
        begun: in milliseconds since 1970; so is `ended`, the moment of the entry where it is None.
        identity: tags that the run has from the beginning, by which it is found again, also half told.
        settings: a tree; each value becomes a parameter, those that are secret without it.
        folder: of `files`, of which those that exist are kept; also of a store.
        status: FINISHED, FAILED or KILLED.
    """

    name: str
    begun: int
    identity: dict[str, str]
    settings: dict[str, Any]
    metrics: "Iterable[Metric]"
    tags: dict[str, str]
    folder: Path
    files: tuple[str, ...]
    status: str
    ended: int | None = None


def log_run(registry: Registry, entry: MlflowRun) -> str:
    """Make a run of `entry`; MLflow's number for it."""
    number = start_run(registry, entry)
    finish_run(registry, number, entry)
    return number


def start_run(registry: Registry, entry: MlflowRun) -> str:
    """A run under way that is known by its identity; MLflow's number for it."""
    made = registry.client.create_run(
        registry.experiment, start_time=entry.begun, run_name=entry.name, tags=entry.identity
    )
    return str(made.info.run_id)


def finish_run(registry: Registry, number: str, entry: MlflowRun) -> None:
    """Tell the run all of `entry`; its end last, as only a run with an end counts as tracked."""
    from mlflow.entities import Param, RunTag

    client = registry.client
    settings = list(flattened(entry.settings))
    for at in range(0, len(settings), PARAMETERS_AT_ONCE):
        chunk = settings[at : at + PARAMETERS_AT_ONCE]
        client.log_batch(number, params=[Param(key, value[:LONGEST]) for key, value in chunk])
    metrics = list(entry.metrics)
    for at in range(0, len(metrics), METRICS_AT_ONCE):
        client.log_batch(number, metrics=metrics[at : at + METRICS_AT_ONCE])
    client.log_batch(number, tags=[RunTag(key, value[:LONGEST]) for key, value in entry.tags.items()])
    copy = LocalCopy(entry.folder, entry.files)
    keep_files(registry, number, copy.path, [name for name in entry.files if (copy.path / name).is_file()])
    client.set_terminated(number, entry.status, entry.ended)
