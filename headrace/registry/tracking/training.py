"""A training run, told to MLflow once: by the driver, out of the run's folder, when the ranks have ended."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.errors import DataError
from headrace.registry.store import Registry, registry_error, runs_with
from headrace.registry.tracking.code_version import code_version
from headrace.registry.tracking.mlflow_run import MlflowRun, log_run
from headrace.runs.folder import RunFolder
from headrace.runs.record import RunRecord

if TYPE_CHECKING:
    from mlflow.entities import Metric

NOT_METRICS = {"kind", "step", "epoch", "seconds"}
FILES = ("run.json", "result.json", "metrics.jsonl", "model.py")


def track(registry: Registry, path: Path) -> str:
    """Track the run in folder `path` and give MLflow's number for it; a run that is tracked already is left alone.

    A run without a result is tracked as failed, and anew when it is complete.

    Raises:
        DataError: `path` holds no training run.
        HeadraceError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    folder = RunFolder(path)
    record = folder.record()
    if record is None:
        raise DataError(f"{folder.path} is not a training run: it holds no run.json.")
    status = "FINISHED" if folder.result() else "FAILED"
    try:
        with registry.transaction.hold(f"track {folder.path}"):
            return _tracked(registry, folder, record, status) or log_run(registry, training_run(folder, record, status))
    except MlflowException as error:
        raise registry_error(registry, error) from error


def _tracked(registry: Registry, folder: RunFolder, record: RunRecord, status: str) -> str | None:
    """The number of the run if it was tracked to this end; what was tracked half, or before it went on, is deleted."""
    for run in runs_with(registry, _identity(folder, record)):
        if run.info.status == status == "FINISHED":
            return str(run.info.run_id)
        registry.client.delete_run(run.info.run_id)
    return None


def training_run(folder: RunFolder, record: RunRecord, status: str) -> MlflowRun:
    """What MLflow is told of the run in `folder`, whose record is `record`."""
    begun = milliseconds(record.created)
    return MlflowRun(
        name=_name(folder.path),
        begun=begun,
        identity=_identity(folder, record),
        settings=record.configuration.model_dump(mode="json"),
        metrics=_metrics(folder.metrics_file, begun),
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


def _metrics(file: Path, begun: int) -> "Iterator[Metric]":
    """Each number of each line; those of whole epochs are named epoch/..., as in TensorBoard."""
    from mlflow.entities import Metric

    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        # A process that was killed leaves half a line.
        if not line.endswith("}"):
            continue
        entry: dict[str, Any] = json.loads(line)
        at = begun + int(entry["seconds"] * 1000)
        for name, value in entry.items():
            if name not in NOT_METRICS:
                yield Metric(f"{entry['kind']}/{name}", float(value), at, int(entry["step"]))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def milliseconds(moment: str) -> int:
    """Since 1970, of a moment as it is kept."""
    return int(datetime.datetime.fromisoformat(moment).timestamp() * 1000)
