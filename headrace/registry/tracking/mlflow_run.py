"""Log a run to MLflow within its limits on the size of requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.config.secrets_and_environment_variables import withhold_secrets
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.tracking.artifact_store import upload_files
from headrace.runs.settings_differences import flatten
from headrace.storage.local_copy import LocalCopy

if TYPE_CHECKING:
    from mlflow.entities import Metric

# MLflow's limits on one request, and on the length of a parameter.
METRICS_PER_REQUEST = 1000
PARAMETERS_PER_REQUEST = 100
MAX_VALUE_LENGTH = 6000


@dataclass(frozen=True, kw_only=True)
class MlflowRun:
    """The content of an MLflow run.

    Attributes:
        started: start time in milliseconds since 1970.
        identity: tags set at creation, by which later commands find the run even if it was only partly logged.
        settings: nested settings; each value becomes a parameter, with secrets withheld.
        folder: local or remote folder of `files`; files that do not exist are skipped.
        status: FINISHED, FAILED or KILLED.
        ended: end time in milliseconds since 1970; None for the time of logging.
    """

    name: str
    started: int
    identity: dict[str, str]
    settings: dict[str, Any]
    metrics: "Iterable[Metric]"
    tags: dict[str, str]
    folder: Path
    files: tuple[str, ...]
    status: str
    ended: int | None = None


def log_run(registry: RegistryConnection, entry: MlflowRun) -> str:
    """Log a complete run and return its MLflow ID."""
    run_id = start_run(registry, entry)
    finish_run(registry, run_id, entry)
    return run_id


def start_run(registry: RegistryConnection, entry: MlflowRun) -> str:
    """Create a running MLflow run with its identity tags and return its ID."""
    run = registry.client.create_run(
        registry.experiment, start_time=entry.started, run_name=entry.name, tags=entry.identity
    )
    return str(run.info.run_id)


def finish_run(registry: RegistryConnection, run_id: str, entry: MlflowRun) -> None:
    """Log the content of `entry`, then terminate the run: only a terminated run counts as tracked."""
    from mlflow.entities import Param, RunTag

    client = registry.client
    flat = flatten(withhold_secrets(entry.settings))
    settings = [(key, str(value)) for key, value in flat.items() if value is not None]
    for start in range(0, len(settings), PARAMETERS_PER_REQUEST):
        chunk = settings[start : start + PARAMETERS_PER_REQUEST]
        client.log_batch(run_id, params=[Param(key, value[:MAX_VALUE_LENGTH]) for key, value in chunk])
    metrics = list(entry.metrics)
    for start in range(0, len(metrics), METRICS_PER_REQUEST):
        client.log_batch(run_id, metrics=metrics[start : start + METRICS_PER_REQUEST])
    client.log_batch(run_id, tags=[RunTag(key, value[:MAX_VALUE_LENGTH]) for key, value in entry.tags.items()])
    copy = LocalCopy(entry.folder, entry.files)
    upload_files(registry, run_id, copy.path, [name for name in entry.files if (copy.path / name).is_file()])
    client.set_terminated(run_id, entry.status, entry.ended)
