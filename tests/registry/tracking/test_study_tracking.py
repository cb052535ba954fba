"""A study is tracked as a run, and each of its ended trials once, as a nested run."""

from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.entities import Run

from headrace.config import Configuration
from headrace.errors import HeadraceError
from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.tracking.study_tracking import track_study
from headrace.tune.study.study_folder import StudyFolder, StudyRecord
from headrace.tune.study.study_result import StudyResult
from headrace.tune.study.trial_summaries import State, TrialRecord
from tests.registry.finished_run import STEPS, write_run

pytestmark = pytest.mark.tensorflow

WIDTH = "model.options.width"
ERROR = "tune.space: model.options.width is too large"


def make_trial(number: int, state: State, value: float | None = None, error: str | None = None) -> TrialRecord:
    """Return the record of a trial; one with a value has two epochs."""
    intermediate_values = ((1, 0.6), (2, value)) if value is not None else ()
    return TrialRecord(
        number=number,
        state=state,
        value=value,
        parameters={WIDTH: 8},
        intermediate_values=intermediate_values,
        seconds=90,
        error=error,
    )


@pytest.fixture
def result(tmp_path: Path) -> StudyResult:
    """Return a study of three trials: complete, pruned, and failed without a run because its settings are invalid."""
    folder = StudyFolder(tmp_path / "studies" / "it's ours")
    configuration = Configuration.model_validate(
        {
            "data": {"source": {"path": "raw"}, "table": "table"},
            "model": {"file": "models/cnn.py", "options": {"password": "$SECRET"}},
            "train": {"run": "run", "epochs": 2},
            "tune": {"study": str(folder.path), "space": {WIDTH: {"kind": "int", "low": 4, "high": 8}}},
        }
    )
    about = {"metric": "val_loss", "direction": "minimize", "created": "2026-03-01T14:00:00+00:00"}
    record = StudyRecord(
        configuration=configuration, model_sha256="a" * 64, data_version=3, table_id="t", command="tune", **about
    )
    folder.write_record(record)
    folder.best.write_text("model: {}\n")
    for number in (0, 1):
        write_run(folder.run(number).path, seed=number, finished=number == 0)
    return StudyResult(
        folder,
        record,
        [make_trial(0, "complete", 0.3), make_trial(1, "pruned", 0.4), make_trial(2, "failed", None, ERROR)],
    )


def nested_runs(registry: RegistryConnection, study: str) -> dict[str, Run]:
    """Return the runs nested in the study's run, by name."""
    results = registry.client.search_runs([registry.experiment], f"tags.\"mlflow.parentRunId\" = '{study}'")
    runs = {str(run.info.run_name): run for run in results}
    assert len(runs) == len(results)
    return runs


def test_study_run_has_best_value_and_nested_trials(registry: RegistryConnection, result: StudyResult) -> None:
    number = track_study(registry, result)
    trials = nested_runs(registry, number)
    assert {name: run.info.status for name, run in trials.items()} == {
        "trial 0": "FINISHED", "trial 1": "KILLED", "trial 2": "FAILED"
    }  # fmt: skip
    complete, failed = trials["trial 0"], trials["trial 2"]
    assert complete.data.params["train.optimizer.name"] == "adam"
    assert (complete.data.metrics["epoch/val_loss"], complete.data.metrics["trial/val_loss"]) == (0.3, 0.3)
    assert len(registry.client.get_metric_history(complete.info.run_id, "step/loss")) == STEPS
    assert complete.info.end_time - complete.info.start_time == 90_000
    assert trials["trial 1"].data.tags["headrace.trial.state"] == "pruned"
    assert failed.data.params == {WIDTH: "8"}
    assert failed.data.tags["headrace.trial.error"] == ERROR
    study = registry.client.get_run(number)
    assert (study.info.status, study.info.run_name) == ("FINISHED", "studies/it's ours")
    assert {name: study.data.metrics[f"study/{name}"] for name in ("val_loss", "complete", "pruned", "failed")} == {
        "val_loss": 0.3, "complete": 1, "pruned": 1, "failed": 1
    }  # fmt: skip
    assert study.data.tags["headrace.best.run"] == complete.info.run_id
    assert study.data.params[f"tune.space.{WIDTH}.high"] == "8.0"
    assert study.data.params["model.options.password"] == "(withheld)"
    assert {file.path for file in registry.client.list_artifacts(number)} == {"study.json", "best.yaml"}


def test_continued_study_tracks_only_new_trials(registry: RegistryConnection, result: StudyResult) -> None:
    first = replace(result, trials=[result.trials[0], make_trial(1, "running")])
    number = track_study(registry, first)
    before = nested_runs(registry, number)
    assert list(before) == ["trial 0"]
    assert track_study(registry, first) == number
    longer = result.record.configuration.tune.model_copy(update={"trials": 50})  # type: ignore[union-attr]
    configuration = result.record.configuration.model_copy(update={"tune": longer})
    continued = replace(result, record=result.record.model_copy(update={"configuration": configuration}))
    assert track_study(registry, continued) == number
    after = nested_runs(registry, number)
    assert sorted(after) == ["trial 0", "trial 1", "trial 2"]
    assert after["trial 0"].info.run_id == before["trial 0"].info.run_id
    assert registry.client.get_run(number).data.metrics["study/failed"] == 1


@pytest.mark.parametrize("ended", [0, 1, 3], ids=["the first trial", "the second trial", "the study"])
def test_interrupted_tracking_is_completed_by_the_next_command(
    registry: RegistryConnection, result: StudyResult, monkeypatch: pytest.MonkeyPatch, ended: int
) -> None:
    end, ends = type(registry.client).set_terminated, []

    def die(*arguments: object) -> None:
        if len(ends) == ended:
            raise KeyboardInterrupt
        ends.append(end(*arguments))

    with monkeypatch.context() as patched:
        patched.setattr(type(registry.client), "set_terminated", die)
        with pytest.raises(KeyboardInterrupt):
            track_study(registry, result)
    number = track_study(registry, result)
    statuses = {name: run.info.status for name, run in nested_runs(registry, number).items()}
    assert statuses == {"trial 0": "FINISHED", "trial 1": "KILLED", "trial 2": "FAILED"}
    assert registry.client.get_run(number).info.status == "FINISHED"
    assert len(registry.client.search_runs([registry.experiment])) == 4


def test_new_study_in_the_same_folder_is_another_run(registry: RegistryConnection, result: StudyResult) -> None:
    later = result.record.model_copy(update={"created": "2026-03-02T14:00:00+00:00"})
    assert track_study(registry, result) != track_study(registry, replace(result, record=later))


def test_study_without_complete_trial_is_failed(registry: RegistryConnection, result: StudyResult) -> None:
    number = track_study(registry, replace(result, trials=result.trials[1:]))
    study = registry.client.get_run(number)
    assert study.info.status == "FAILED"
    assert "study/val_loss" not in study.data.metrics


def test_unreachable_server_is_reported(tmp_path: Path, result: StudyResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(HeadraceError, match="A request to the registry at .* failed"):
        track_study(RegistryConnection(tmp_path, "clothes", "http://127.0.0.1:9"), result)
