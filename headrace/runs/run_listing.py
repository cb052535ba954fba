"""`headrace runs`: all runs below a folder with their state, progress and metrics, and the settings that differ."""

import logging
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from headrace.bundle import MANIFEST
from headrace.errors import DataError
from headrace.locks.local_or_bucket_folder_lock import current_holder
from headrace.runs.metrics_log_reader import NOT_METRICS, Metrics, MetricsLog, read_metrics
from headrace.runs.read_json_records import read_object
from headrace.runs.run_folder import RunFolder, bundle_path
from headrace.runs.run_record import RunRecord, load_record
from headrace.runs.settings_differences import run_settings
from headrace.storage import is_remote, locate
from headrace.targets.target_kind_traits import TaskType

log = logging.getLogger(__name__)

State = Literal["complete", "running", "interrupted", "stopped", "failed", "unreadable"]
RECORD = "run.json"
# What lies beside a folder of MLflow's artifacts: the database of a registry, or the description of a run.
ARTIFACTS, MLFLOW_FILES = "artifacts", frozenset(("mlflow.db", "meta.yaml"))


class StoredEvaluation(BaseModel):
    """The stored evaluation of the test split: on which rows, and the metrics."""

    model_config = ConfigDict(frozen=True)

    task: TaskType = "classification"
    table: str
    version: int
    rows: int
    metrics: dict[str, float]


class RunRow(BaseModel):
    """One run.

    Attributes:
        run: path of its folder, relative to the listed folder.
        note: why it has failed or cannot be read, or who trains it.
        created: start of the run, ISO 8601 UTC.
        seconds: time spent on the steps that are kept, over all attempts, without start-up.
        epochs: complete epochs, of `total_epochs`.
        metrics: of the epoch whose weights the bundle has, else of the last one; those of validation begin with val_.
        epoch: number of this epoch, from 1.
        settings: all settings by dotted key.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    path: str
    state: State
    note: str = ""
    created: str | None = None
    seconds: float | None = None
    epochs: int | None = None
    total_epochs: int | None = None
    steps: int | None = None
    total_steps: int | None = None
    table: str | None = None
    version: int | None = None
    epoch: int | None = None
    metrics: dict[str, float] = {}
    test: StoredEvaluation | None = None
    settings: dict[str, Any] = {}


def list_runs(folder: Path) -> list[RunRow]:
    """Return the runs in `folder` and at any depth below it, the oldest first.

    A folder that cannot be entered is logged. A run whose files are damaged is a row that says so.

    Raises:
        DataError: `folder` is not a directory, or contains no run.
        StoreError: the store denies access or does not respond.
    """
    folder = locate(folder).absolute()
    if not folder.exists():
        raise DataError(
            f"There are no runs yet: {folder} does not exist; `headrace train` makes the first one. Name another "
            "folder if there are runs elsewhere."
        )
    if not folder.is_dir():
        raise DataError(f"{folder} is not a directory; name a folder with runs, such as runs.")
    rows = [read_row(run, folder) for run in find_runs(folder)]
    if not rows:
        raise DataError(
            f"No run was found in or below {folder}: no folder contains a run.json; `headrace train` makes one."
        )
    return sorted(rows, key=lambda row: (row.created or "~", row.run))


def find_runs(folder: Path) -> Iterator[Path]:
    """Yield the folders with a run.json in and below `folder`; nothing below a run is looked at.

    The copies of runs that MLflow keeps as artifacts, such as those of a registry, are no runs.
    """
    if is_remote(folder):
        found = sorted((file.parent for file in folder.rglob(RECORD)), key=lambda run: run.parts)
        nested = {run for run in found if any(parent in run.parents for parent in found)}
        yield from (run for run in found if run not in nested and not _is_tracked_copy(run, folder))
        return
    for path, names, files in os.walk(folder, onerror=_warn):
        if RECORD in files:
            yield Path(path)
            names.clear()
        if MLFLOW_FILES.intersection(files) and ARTIFACTS in names:
            names.remove(ARTIFACTS)
        names[:] = sorted(name for name in names if not name.startswith("."))


def _is_tracked_copy(run: Path, below: Path) -> bool:
    """Return whether a remote folder is among the artifacts of MLflow in `below`."""
    stores = (parent.parent for parent in (run, *run.parents) if parent.name == ARTIFACTS and below in parent.parents)
    return any((store / name).exists() for store in stores for name in MLFLOW_FILES)


def read_row(run: Path, below: Path) -> RunRow:
    """Return the row of the run in the folder `run`; files that are missing or damaged raise no error.

    Raises:
        StoreError: the store denies access or does not respond.
    """
    name = _relative(run, below)
    try:
        return _read_row(RunFolder(run), load_record(run), name)
    except DataError as error:
        return RunRow(run=name, path=str(run), state="unreadable", note=str(error))


def _read_row(folder: RunFolder, record: RunRecord, name: str) -> RunRow:
    result, history = read_object(folder.result_file), read_metrics(folder.metrics_file)
    state, note = _state(folder, result)
    setting = record.configuration.train.bundle
    bundle = bundle_path(folder.path, setting, result.get("bundle") if result else record.bundle)
    test, test_problem = _test_metrics(bundle) if result else (None, "")
    epoch = _kept_epoch(result, history)
    # A study removes the bundles of trials that are not the best.
    if state == "complete" and not record.observed and not (bundle / MANIFEST).is_file():
        note = f"its bundle {bundle} is missing"
    return RunRow(
        run=name,
        path=str(folder.path),
        state=state,
        note="; ".join(filter(None, (note, test_problem))),
        created=record.created,
        seconds=round(history.training_seconds, 3),
        epochs=len(history.epochs),
        total_epochs=record.epochs,
        steps=int(max((line["step"] for line in (*history.steps, *history.epochs)), default=0)),
        total_steps=record.total_steps,
        table=record.table,
        version=record.data_version,
        epoch=int(epoch["epoch"]) + 1 if epoch else None,
        metrics={key: value for key, value in epoch.items() if key not in NOT_METRICS and math.isfinite(value)},
        test=test,
        settings=run_settings(record),
    )


def _state(folder: RunFolder, result: dict[str, Any] | None) -> tuple[State, str]:
    holder, failure = current_holder(folder.path), read_object(folder.failure_file)
    if holder is not None:
        return "running", f"by {holder}"
    if result is not None:
        return "complete", ""
    if failure is not None:
        return "failed", str(failure.get("error", ""))
    return ("stopped", "early, by its study") if folder.stop_file.exists() else ("interrupted", "")


def _kept_epoch(result: dict[str, Any] | None, history: MetricsLog) -> Metrics:
    """Return the line of the epoch whose weights the bundle has, or of the last epoch; empty before its end."""
    if result and "bundle_epoch" in result:
        kept = [line for line in history.epochs if line["epoch"] + 1 == result["bundle_epoch"]]
        return kept[0] if kept else {}
    return history.epochs[-1] if history.epochs else {}


def _test_metrics(bundle: Path) -> tuple[StoredEvaluation | None, str]:
    """Return the stored evaluation of the test split, and what is wrong with its file."""
    file = bundle / "evaluation" / "test.json"
    try:
        content = read_object(file)
        return (None, "") if content is None else (StoredEvaluation.model_validate(content), "")
    except ValidationError:
        return None, f"{file} is damaged; evaluate the bundle again"
    except DataError as error:
        return None, str(error)


def _relative(run: Path, below: Path) -> str:
    return str(run)[len(str(below)) :].lstrip("/") or "."


def _warn(error: OSError) -> None:
    log.warning("%s cannot be listed: %s; runs in it are left out.", error.filename, error.strerror)
