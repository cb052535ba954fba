"""A training run, told to MLflow once: by the driver, out of the run's folder, when the ranks have ended."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.errors import DataError
from headrace.registry.artifacts import keep_files
from headrace.registry.code_version import code_version
from headrace.registry.mask import flattened
from headrace.registry.store import Registry, asked
from headrace.storage.local_copy import LocalCopy
from headrace.train.run_folder import RunFolder, RunRecord

if TYPE_CHECKING:
    from mlflow.entities import Metric

# MLflow's own bounds on one request, and on the length of a parameter.
METRICS_AT_ONCE = 1000
PARAMETERS_AT_ONCE = 100
LONGEST = 6000
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
        with registry.changes.hold(f"track {folder.path}"):
            return _tracked(registry, folder, status) or _track(registry, folder, record, status)
    except MlflowException as error:
        raise asked(registry, error) from error


def _tracked(registry: Registry, folder: RunFolder, status: str) -> str | None:
    """The number of the run if it was tracked to this end; what was tracked half, or before it went on, is deleted."""
    same = f"tags.\"headrace.run\" = '{_quoted(folder)}' and tags.\"headrace.created\" = '{_created(folder)}'"
    for run in registry.client.search_runs([registry.experiment], filter_string=same):
        if run.info.status == status == "FINISHED":
            return str(run.info.run_id)
        registry.client.delete_run(run.info.run_id)
    return None


def _track(registry: Registry, folder: RunFolder, record: RunRecord, status: str) -> str:
    from mlflow.entities import Param, RunTag

    client, begun = registry.client, _milliseconds(record.created)
    made = client.create_run(
        registry.experiment, start_time=begun, run_name=_name(folder.path), tags=_identity(folder, record)
    )
    number = str(made.info.run_id)
    settings = list(flattened(record.configuration.model_dump(mode="json")))
    for at in range(0, len(settings), PARAMETERS_AT_ONCE):
        chunk = settings[at : at + PARAMETERS_AT_ONCE]
        client.log_batch(number, params=[Param(key, value[:LONGEST]) for key, value in chunk])
    metrics = list(_metrics(folder.metrics_file, begun))
    for at in range(0, len(metrics), METRICS_AT_ONCE):
        client.log_batch(number, metrics=metrics[at : at + METRICS_AT_ONCE])
    client.log_batch(number, tags=[RunTag(key, value) for key, value in _tags(folder, record).items()])
    copy = LocalCopy(folder.path, FILES)
    keep_files(registry, number, copy.path, [name for name in FILES if (copy.path / name).is_file()])
    # Last: only a run with an end counts as tracked.
    client.set_terminated(number, status)
    return number


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


def _created(folder: RunFolder) -> str:
    record = folder.record()
    return record.created if record else ""


def _quoted(folder: RunFolder) -> str:
    return str(folder.path).replace("'", "\\'")


def _milliseconds(moment: str) -> int:
    return int(datetime.datetime.fromisoformat(moment).timestamp() * 1000)
