"""Tracking of a training run: the driver logs the run's folder to MLflow once, after the ranks have ended."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.errors import DataError
from headrace.registry.registry_connection import RegistryConnection, registry_error, search_runs
from headrace.registry.tracking.code_version import code_version
from headrace.registry.tracking.mlflow_run import MlflowRun, log_run
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord

if TYPE_CHECKING:
    from mlflow.entities import Metric

NOT_METRICS = {"kind", "step", "epoch", "seconds"}
FILES = ("run.json", "result.json", "metrics.jsonl", "model.py")


def track(registry: RegistryConnection, path: Path) -> str:
    """Track the run in folder `path` and return its MLflow ID; a run that is tracked already stays unchanged.

    A run without a result is tracked as failed, and is tracked again once it is complete.

    Raises:
        DataError: `path` is not the folder of a training run.
        HeadraceError: the registry does not respond.
    """
    from mlflow.exceptions import MlflowException

    folder = RunFolder(path)
    record = folder.record()
    if record is None:
        raise DataError(f"{folder.path} is not the folder of a training run: it contains no run.json.")
    status = "FINISHED" if folder.result() else "FAILED"
    try:
        with registry.transaction.hold(f"track {folder.path}"):
            run_id = _tracked_id(registry, folder, record, status)
            return run_id or log_run(registry, training_run(folder, record, status))
    except MlflowException as error:
        raise registry_error(registry, error) from error


def _tracked_id(registry: RegistryConnection, folder: RunFolder, record: RunRecord, status: str) -> str | None:
    """Return the MLflow ID of the run if it is tracked as finished; delete incomplete and outdated entries."""
    for run in search_runs(registry, _identity(folder, record)):
        if run.info.status == status == "FINISHED":
            return str(run.info.run_id)
        registry.client.delete_run(run.info.run_id)
    return None


def training_run(folder: RunFolder, record: RunRecord, status: str) -> MlflowRun:
    """Return the MLflow run of the training run in `folder`, whose record is `record`."""
    started = milliseconds(record.created)
    return MlflowRun(
        name=_name(folder.path),
        started=started,
        identity=_identity(folder, record),
        settings=record.configuration.model_dump(mode="json"),
        metrics=_metrics(folder.metrics_file, started),
        tags=_tags(folder, record),
        folder=folder.path,
        files=FILES,
        status=status,
    )


def _identity(folder: RunFolder, record: RunRecord) -> dict[str, str]:
    return {"headrace.run": str(folder.path), "headrace.created": record.created}


def _tags(folder: RunFolder, record: RunRecord) -> dict[str, str]:
    result = folder.result() or {}
    return {
        "headrace.data.table": record.table,
        "headrace.data.version": str(record.data_version),
        "headrace.code.version": code_version(),
        "headrace.model.sha256": record.model_sha256,
        "headrace.weights.sha256": str(result.get("weights_sha256", "")),
        "headrace.command": record.command,
        **{f"headrace.version.{name}": value for name, value in record.versions.items()},
    }


def _metrics(file: Path, started: int) -> "Iterator[Metric]":
    """Yield each number of each line; metrics of whole epochs are named epoch/..., as in TensorBoard."""
    from mlflow.entities import Metric

    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        # A killed process may leave an incomplete last line.
        if not line.endswith("}"):
            continue
        entry: dict[str, Any] = json.loads(line)
        timestamp = started + int(entry["seconds"] * 1000)
        for name, value in entry.items():
            if name not in NOT_METRICS:
                yield Metric(f"{entry['kind']}/{name}", float(value), timestamp, int(entry["step"]))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def milliseconds(timestamp: str) -> int:
    """Convert an ISO 8601 timestamp to milliseconds since 1970."""
    return int(datetime.datetime.fromisoformat(timestamp).timestamp() * 1000)
