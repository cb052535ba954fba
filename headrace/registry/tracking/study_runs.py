"""What MLflow is told of a study, and of each of its trials."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from headrace.registry.tracking.code_version import code_version
from headrace.registry.tracking.mlflow_run import MlflowRun
from headrace.registry.tracking.training import milliseconds, training_run
from headrace.storage import locate
from headrace.tune.study.result import StudyResult
from headrace.tune.study.setup import fixed
from headrace.tune.study.trial_records import State, TrialRecord, count

if TYPE_CHECKING:
    from mlflow.entities import Metric

# By this tag MLflow nests a run in another.
PARENT = "mlflow.parentRunId"
TRIAL = "headrace.trial"
# MLflow has no word for a trial that was pruned; KILLED is a run that was stopped before its end.
STATUS: dict[State, str] = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}


def study_run(outcome: StudyResult, tracked: dict[int, str]) -> MlflowRun:
    """The study: its settings, how many trials came to what, its best value, its files.

    Args:
        tracked: MLflow's numbers of trials, by theirs.
    """
    folder, record = outcome.folder, outcome.record
    return MlflowRun(
        name=f"{folder.path.parent.name}/{folder.path.name}",
        begun=milliseconds(record.created),
        identity={"headrace.study": str(folder.path), "headrace.created": record.created},
        # Those that may change while a study goes on are in study.json: MLflow's parameters stay what they were.
        settings=fixed(record.configuration),
        metrics=_study_metrics(outcome),
        tags=_study_tags(outcome, tracked),
        folder=folder.path,
        files=(folder.record_file.name, folder.best.name, folder.report.name),
        status="FINISHED" if outcome.best else "FAILED",
    )


def trial_run(outcome: StudyResult, trial: TrialRecord, study: str) -> MlflowRun:
    """An ended trial, with the whole of its run where it has begun one.

    Args:
        study: MLflow's number for the study's run.
    """
    run = outcome.folder.run(trial.number)
    record, status = run.record(), STATUS[trial.state]
    told = training_run(run, record, status) if record else _without_run(outcome, trial)
    ended = told.begun + int((trial.seconds or 0.0) * 1000)
    return replace(
        told,
        name=f"trial {trial.number}",
        identity=told.identity | {PARENT: study, TRIAL: str(trial.number)},
        metrics=chain(told.metrics, _trial_metrics(outcome.record.metric, trial, ended)),
        tags=told.tags | _trial_tags(trial),
        ended=ended,
    )


def _without_run(outcome: StudyResult, trial: TrialRecord) -> MlflowRun:
    """Of a trial whose settings did not fit together: no run was begun."""
    return MlflowRun(
        name="",
        begun=milliseconds(outcome.record.created),
        identity={},
        settings=dict(trial.parameters),
        metrics=(),
        tags={},
        folder=outcome.folder.path,
        files=(),
        status=STATUS[trial.state],
    )


def _study_metrics(outcome: StudyResult) -> "Iterator[Metric]":
    from mlflow.entities import Metric

    record, trials, best, now = outcome.record, outcome.trials, outcome.best, int(time.time() * 1000)
    if best is not None and best.value is not None:
        yield Metric(f"study/{record.metric}", best.value, now, len(trials))
    for state in STATUS:
        yield Metric(f"study/{state}", count(trials, state), now, len(trials))


def _trial_metrics(metric: str, trial: TrialRecord, at: int) -> "Iterator[Metric]":
    """What trials are compared by."""
    from mlflow.entities import Metric

    if trial.value is not None:
        yield Metric(f"trial/{metric}", trial.value, at, trial.epochs)


def _study_tags(outcome: StudyResult, tracked: dict[int, str]) -> dict[str, str]:
    record, best = outcome.record, outcome.best
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
    sentence = {"headrace.trial.sentence": trial.sentence} if trial.sentence else {}
    return {"headrace.trial.state": trial.state} | sentence
