"""A study is tracked as a run, and each of its ended trials once, nested in it."""

from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.entities import Run

from headrace.config import Configuration
from headrace.errors import HeadraceError
from headrace.registry.store import Registry
from headrace.registry.tracking.study import track_study
from headrace.tune.study.folder import StudyFolder, StudyRecord
from headrace.tune.study.result import StudyResult
from headrace.tune.study.trial_records import State, TrialRecord
from tests.registry.finished_run import STEPS, write_run

WIDTH = "model.options.width"
SENTENCE = "tune.space: model.options.width is too large"


def trial(number: int, state: State, value: float | None = None, sentence: str | None = None) -> TrialRecord:
    figures = ((1, 0.6), (2, value)) if value is not None else ()
    return TrialRecord(
        number=number, state=state, value=value, parameters={WIDTH: 8}, figures=figures, seconds=90, sentence=sentence
    )


@pytest.fixture
def outcome(tmp_path: Path) -> StudyResult:
    """Three trials: complete, pruned, and one whose settings did not fit, so that it has no run."""
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
    record = StudyRecord(configuration=configuration, model_sha256="a" * 64, data_version=3, command="tune", **about)
    folder.keep(record)
    folder.best.write_text("model: {}\n")
    for number in (0, 1):
        write_run(folder.run(number).path, seed=number, finished=number == 0)
    return StudyResult(
        folder, record, [trial(0, "complete", 0.3), trial(1, "pruned", 0.4), trial(2, "failed", None, SENTENCE)]
    )


def nested(registry: Registry, study: str) -> dict[str, Run]:
    """The runs in that of the study, by name."""
    found = registry.client.search_runs([registry.experiment], f"tags.\"mlflow.parentRunId\" = '{study}'")
    runs = {str(run.info.run_name): run for run in found}
    assert len(runs) == len(found)
    return runs


def test_each_trial_has_its_settings_figures_and_end_and_the_study_its_best(
    registry: Registry, outcome: StudyResult
) -> None:
    number = track_study(registry, outcome)
    trials = nested(registry, number)
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
    assert failed.data.tags["headrace.trial.sentence"] == SENTENCE
    study = registry.client.get_run(number)
    assert (study.info.status, study.info.run_name) == ("FINISHED", "studies/it's ours")
    assert {name: study.data.metrics[f"study/{name}"] for name in ("val_loss", "complete", "pruned", "failed")} == {
        "val_loss": 0.3, "complete": 1, "pruned": 1, "failed": 1
    }  # fmt: skip
    assert study.data.tags["headrace.best.run"] == complete.info.run_id
    assert study.data.params[f"tune.space.{WIDTH}.high"] == "8.0"
    assert study.data.params["model.options.password"] == "(withheld)"
    assert {file.path for file in registry.client.list_artifacts(number)} == {"study.json", "best.yaml"}


def test_a_study_that_went_on_is_told_its_new_trials_and_no_old_one_again(
    registry: Registry, outcome: StudyResult
) -> None:
    first = replace(outcome, trials=[outcome.trials[0], trial(1, "running")])
    number = track_study(registry, first)
    before = nested(registry, number)
    assert list(before) == ["trial 0"]
    assert track_study(registry, first) == number
    longer = outcome.record.configuration.tune.model_copy(update={"trials": 50})  # type: ignore[union-attr]
    configuration = outcome.record.configuration.model_copy(update={"tune": longer})
    went_on = replace(outcome, record=outcome.record.model_copy(update={"configuration": configuration}))
    assert track_study(registry, went_on) == number
    after = nested(registry, number)
    assert sorted(after) == ["trial 0", "trial 1", "trial 2"]
    assert after["trial 0"].info.run_id == before["trial 0"].info.run_id
    assert registry.client.get_run(number).data.metrics["study/failed"] == 1


@pytest.mark.parametrize("ended", [0, 1, 3], ids=["the first trial", "the second trial", "the study"])
def test_what_was_told_half_is_told_whole_by_the_next_command(
    registry: Registry, outcome: StudyResult, monkeypatch: pytest.MonkeyPatch, ended: int
) -> None:
    end, ends = type(registry.client).set_terminated, []

    def die(*words: object) -> None:
        if len(ends) == ended:
            raise KeyboardInterrupt
        ends.append(end(*words))

    with monkeypatch.context() as patched:
        patched.setattr(type(registry.client), "set_terminated", die)
        with pytest.raises(KeyboardInterrupt):
            track_study(registry, outcome)
    number = track_study(registry, outcome)
    statuses = {name: run.info.status for name, run in nested(registry, number).items()}
    assert statuses == {"trial 0": "FINISHED", "trial 1": "KILLED", "trial 2": "FAILED"}
    assert registry.client.get_run(number).info.status == "FINISHED"
    assert len(registry.client.search_runs([registry.experiment])) == 4


def test_a_study_begun_anew_in_the_same_folder_is_another_run(registry: Registry, outcome: StudyResult) -> None:
    later = outcome.record.model_copy(update={"created": "2026-03-02T14:00:00+00:00"})
    assert track_study(registry, outcome) != track_study(registry, replace(outcome, record=later))


def test_a_study_without_a_complete_trial_has_failed(registry: Registry, outcome: StudyResult) -> None:
    number = track_study(registry, replace(outcome, trials=outcome.trials[1:]))
    study = registry.client.get_run(number)
    assert study.info.status == "FAILED"
    assert "study/val_loss" not in study.data.metrics


def test_a_server_that_is_not_there_is_a_sentence(
    tmp_path: Path, outcome: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(HeadraceError, match="does not answer as it should"):
        track_study(Registry(tmp_path, "clothes", "http://127.0.0.1:9"), outcome)
