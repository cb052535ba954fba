"""Build the MLflow runs of a study and its trials."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from headrace.registry.tracking.code_version import code_version
from headrace.registry.tracking.mlflow_run import MlflowRun
from headrace.registry.tracking.training_run_tracking import milliseconds, training_run
from headrace.storage import locate
from headrace.tune.study.open_or_create_record import fixed_settings
from headrace.tune.study.study_result import StudyResult
from headrace.tune.study.trial_summaries import State, TrialRecord, count

if TYPE_CHECKING:
    from mlflow.entities import Metric

# MLflow's tag for the parent of a nested run.
PARENT = "mlflow.parentRunId"
TRIAL = "headrace.trial"
# MLflow has no status for a pruned trial; KILLED means a run that was stopped before its end.
STATUS: dict[State, str] = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}


def study_run(result: StudyResult, tracked: dict[int, str]) -> MlflowRun:
    """Return the run of the study: its settings, number of trials per state, best value and files.

    Args:
        tracked: MLflow run IDs by trial number.
    """
    folder, record = result.folder, result.record
    return MlflowRun(
        name=f"{folder.path.parent.name}/{folder.path.name}",
        started=milliseconds(record.created),
        identity={"headrace.study": str(folder.path), "headrace.created": record.created},
        # MLflow's parameters cannot change; the settings that may change while a study runs are in study.json.
        settings=fixed_settings(record.configuration),
        metrics=_study_metrics(result),
        tags=_study_tags(result, tracked),
        folder=folder.path,
        files=(folder.record_file.name, folder.best.name, folder.report.name),
        status="FINISHED" if result.best else "FAILED",
    )


def trial_run(result: StudyResult, trial: TrialRecord, study: str) -> MlflowRun:
    """Return the run of an ended trial, with its training run if the trial started one.

    Args:
        study: ID of the study's MLflow run.
    """
    run = result.folder.run(trial.number)
    record, status = run.record(), STATUS[trial.state]
    entry = training_run(run, record, status) if record else _without_run(result, trial)
    ended = entry.started + int((trial.seconds or 0.0) * 1000)
    return replace(
        entry,
        name=f"trial {trial.number}",
        identity=entry.identity | {PARENT: study, TRIAL: str(trial.number)},
        metrics=chain(entry.metrics, _trial_metrics(result.record.metric, trial, ended)),
        tags=entry.tags | _trial_tags(trial),
        ended=ended,
    )


def _without_run(result: StudyResult, trial: TrialRecord) -> MlflowRun:
    """Return the run of a trial that started no training because its settings are invalid."""
    return MlflowRun(
        name="",
        started=milliseconds(result.record.created),
        identity={},
        settings=dict(trial.parameters),
        metrics=(),
        tags={},
        folder=result.folder.path,
        files=(),
        status=STATUS[trial.state],
    )


def _study_metrics(result: StudyResult) -> "Iterator[Metric]":
    from mlflow.entities import Metric

    record, trials, best, now = result.record, result.trials, result.best, int(time.time() * 1000)
    if best is not None and best.value is not None:
        yield Metric(f"study/{record.metric}", best.value, now, len(trials))
    for state in STATUS:
        yield Metric(f"study/{state}", count(trials, state), now, len(trials))


def _trial_metrics(metric: str, trial: TrialRecord, timestamp: int) -> "Iterator[Metric]":
    """Yield the value that trials are compared by."""
    from mlflow.entities import Metric

    if trial.value is not None:
        yield Metric(f"trial/{metric}", trial.value, timestamp, trial.epochs)


def _study_tags(result: StudyResult, tracked: dict[int, str]) -> dict[str, str]:
    record, best = result.record, result.best
    tags = {
        "headrace.data.table": str(locate(record.configuration.data.table).absolute()),
        "headrace.data.version": str(record.data_version),
        "headrace.code.version": code_version(),
        "headrace.model.sha256": record.model_sha256,
        "headrace.command": record.command,
    }
    if best is None:
        return tags
    return tags | {"headrace.best.trial": str(best.number), "headrace.best.run": tracked.get(best.number, "")}


def _trial_tags(trial: TrialRecord) -> dict[str, str]:
    error = {"headrace.trial.error": trial.error} if trial.error else {}
    return {"headrace.trial.state": trial.state} | error
