"""`headrace tune` as a user runs it: real Spark and tables, two trials at a time or trials of two ranks."""

import json
import signal
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml

from headrace.registry.registry_connection import RegistryConnection
from headrace.tune.study.journal_storage import open_study
from tests.support.commands import CommandResult, headrace, headrace_within
from tests.support.running_training import find_ranks, in_the_background, list_checkpoints, wait_for
from tests.support.small_table import Content, some_rows, write_table
from tests.support.workspace import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

RATE = "train.optimizer.learning_rate"
# A good rate, one without effect, and one that makes the loss overflow.
RATES = [0.01, 1.0e-9, 1.0e30]
CONFIGURATION = {
    "data": {"source": {"path": "raw"}, "table": "table"},
    "model": {"file": str(ROOT / "models" / "mlp.py"), "options": {"width": 16, "depth": 1, "dropout": 0.0}},
    "train": {
        "run": "run", "epochs": 3, "batch_size": 12, "checkpoint_every_steps": 5, "log_every_steps": 1,
        "optimizer": {"name": "sgd"}, "monitor": {"metric": "loss"},
    },
    "tune": {"study": "study", "space": {RATE: {"kind": "categorical", "choices": RATES}}, "sampler": {"kind": "grid"}},
}  # fmt: skip


def rate_space(*rates: float) -> str:
    """Return the override of a search space of these learning rates."""
    # YAML parses 1e-9 as a string.
    choices = ", ".join(f"{rate:.1e}" for rate in rates)
    return f"tune.space={{{RATE}: {{kind: categorical, choices: [{choices}]}}}}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with conf.yaml and a table of 60 training images: 5 steps per epoch on one rank."""
    folder = tmp_path_factory.mktemp("search")
    write_table(folder / "table", Content(splits={"train": some_rows(60), "val": some_rows(12)}))
    (folder / "conf.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    return folder


@pytest.fixture(scope="module")
def study_result(folder: Path) -> CommandResult:
    """Run three trials, two at a time."""
    return headrace("tune", "conf.yaml", "tune.parallel=2", cwd=folder)


def test_every_trial_ends_and_failure_is_reported(study_result: CommandResult) -> None:
    result = study_result.json
    assert [trial["parameters"][RATE] for trial in result["trials"]] == RATES
    assert [trial["state"] for trial in result["trials"]] == ["complete", "complete", "failed"]
    assert (result["complete"], result["pruned"], result["failed"]) == (2, 0, 1)
    assert "is not finite" in result["trials"][2]["error"]
    assert "trial 2 failed: " in study_result.stderr


def test_trials_are_listed_as_runs(study_result: CommandResult, folder: Path) -> None:
    found = headrace_within("runs", "study", "--sort", RATE, "--json", cwd=folder).json
    assert list(found["differing"]) == [RATE]
    assert [run["state"] for run in found["runs"]] == ["complete", "complete", "failed"]
    assert [run["settings"][RATE] for run in found["runs"]] == sorted(RATES)
    assert found["runs"][1]["metrics"]["loss"] == study_result.json["best"]["value"]
    assert "is not finite" in found["runs"][2]["note"]


def test_best_trial_has_best_final_value(study_result: CommandResult, folder: Path) -> None:
    result = study_result.json
    assert (result["metric"], result["direction"]) == ("loss", "minimize")
    values = {trial["number"]: trial["value"] for trial in result["trials"] if trial["state"] == "complete"}
    assert result["best"]["number"] == min(values, key=lambda number: values[number]) == 0
    run = folder / "study" / "trials" / f"{result['best']['number']:04d}"
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["loss"] for line in lines if line["kind"] == "epoch"][-1] == result["best"]["value"]


def test_trials_run_concurrently(study_result: CommandResult, folder: Path) -> None:
    trials = open_study(folder / "study" / "journal.log", "minimize", optuna.pruners.NopPruner()).trials
    times = [(trial.datetime_start, trial.datetime_complete) for trial in trials[:2]]
    assert max(start for start, _ in times) < min(end for _, end in times)


def test_only_best_bundle_is_kept_and_no_process_remains(study_result: CommandResult, folder: Path) -> None:
    bundles = [path.parent for path in folder.glob("study/trials/*/bundle")]
    assert [Path(study_result.json["bundle"]).parent] == bundles
    assert not list((folder / "study/trials/0002").glob("checkpoints"))
    assert not [rank for run in folder.glob("study/trials/*") for rank in find_ranks(run)]


@pytest.mark.long
def test_best_configuration_reproduces_best_value(study_result: CommandResult, folder: Path) -> None:
    trained = headrace("train", "study/best.yaml", cwd=folder).json
    assert trained["metrics"]["loss"] == pytest.approx(study_result.json["best"]["value"], rel=1e-4)
    assert trained["run"] == str(folder / "run-tuned")
    assert "tune" not in yaml.safe_load((folder / "study" / "best.yaml").read_text())


def test_repeated_command_does_nothing(study_result: CommandResult, folder: Path) -> None:
    again = headrace("tune", "conf.yaml", "tune.parallel=2", cwd=folder)
    assert "complete; nothing to do" in again.stderr
    assert {**again.json, "seconds": 0} == {**study_result.json, "seconds": 0}


def test_study_and_trials_are_tracked_once(study_result: CommandResult, folder: Path) -> None:
    words = ("tune", "conf.yaml", "tune.parallel=2", "registry={folder: registry, model: clothes}")
    tracked = headrace_within(*words, cwd=folder).json
    assert {**tracked, "seconds": 0} == {**study_result.json, "seconds": 0, "tracked": tracked["tracked"]}
    assert headrace_within(*words, cwd=folder).json["tracked"] == tracked["tracked"]
    registry = RegistryConnection(folder / "registry", "clothes", f"sqlite:///{folder / 'registry' / 'mlflow.db'}")
    runs = {str(run.info.run_name): run for run in registry.client.search_runs([registry.experiment])}
    statuses = {"search/study": "FINISHED", "trial 0": "FINISHED", "trial 1": "FINISHED", "trial 2": "FAILED"}
    assert {name.replace(folder.name, "search"): run.info.status for name, run in runs.items()} == statuses
    assert runs["trial 1"].data.params[RATE] == "1e-09"
    assert runs["trial 0"].data.metrics["trial/loss"] == study_result.json["best"]["value"]
    assert runs["trial 0"].data.metrics["epoch/loss"] == study_result.json["best"]["value"]
    assert runs["trial 2"].data.tags["headrace.trial.error"] == study_result.json["trials"][2]["error"]


def test_study_is_not_resumed_with_other_settings(study_result: CommandResult, folder: Path) -> None:
    result = headrace_within("tune", "conf.yaml", "train.batch_size=10", cwd=folder, code=2)
    assert "train.batch_size was 12 and is 10" in result.last_error_line


def test_invalid_settings_are_reported_before_any_trial(folder: Path) -> None:
    typo = "tune.space={train.optimizer.learning_rte: {kind: float, low: 0.1, high: 0.2}}"
    result = headrace_within("tune", "conf.yaml", typo, "tune.study=b", "tune.sampler.kind=tpe", cwd=folder, code=2)
    assert f"did you mean `{RATE}`?" in result.last_error_line
    assert "no section `tune`" in headrace_within("tune", "conf.yaml", "tune=null", cwd=folder, code=2).last_error_line
    assert "expected one of loss" in headrace_within(
        "tune", "conf.yaml", "train.monitor.metric=val_auc", "tune.study=c", cwd=folder, code=2
    ).last_error_line  # fmt: skip


def test_too_few_slots_are_reported_with_both_numbers(folder: Path) -> None:
    result = headrace("tune", "conf.yaml", "tune.study=d", "tune.parallel=5", "spark.slots=3", cwd=folder, code=4)
    assert "tune.parallel is 5" in result.last_error_line
    assert "has 3 free slots" in result.last_error_line


@pytest.mark.usefixtures("spark")
def test_command_fails_if_all_trials_fail_and_time_limit_stops_new_trials(folder: Path) -> None:
    words = ("tune.study=failing", "tune.time_limit_seconds=1", rate_space(1e30, 1e29))
    answer = headrace_within("tune", "conf.yaml", *words, cwd=folder, code=4)
    assert "1 failed" in answer.last_error_line
    assert (answer.json["best"], answer.json["failed"], len(answer.json["trials"])) == (None, 1, 1)


# The second trial is pruned.
LONG = ("tune.ranks=2", "train.epochs=60", "tune.pruner.startup_trials=1", rate_space(0.01, 1e-9))
STEPS = 180


def time_independent(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the values of a study's trials that do not depend on time."""
    return [
        (trial["number"], trial["state"], trial["value"], trial["epochs"], trial["parameters"])
        for trial in result["trials"]
    ]


def read_steps(run: Path) -> list[int]:
    """Return the step of each line of the metrics log."""
    return [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.long
def test_study_of_two_ranks_resumes_after_killed_driver(folder: Path) -> None:
    uninterrupted = headrace("tune", "conf.yaml", *LONG, "tune.study=uninterrupted", cwd=folder).json
    assert [trial["state"] for trial in uninterrupted["trials"]] == ["complete", "pruned"]
    assert (uninterrupted["best"]["number"], uninterrupted["trials"][1]["epochs"]) == (0, 1)
    assert max(read_steps(folder / "uninterrupted" / "trials" / "0000")) == STEPS
    assert max(read_steps(folder / "uninterrupted" / "trials" / "0001")) < STEPS / 2

    driver = in_the_background(*LONG, "tune.study=killed", cwd=folder, verb="tune")
    run = folder / "killed" / "trials" / "0000"
    wait_for(lambda: len(list_checkpoints(run)) == 2, 300)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    wait_for(lambda: not find_ranks(run), 30)
    assert 0 < list_checkpoints(run)[-1] < STEPS
    resumed = headrace("tune", "conf.yaml", *LONG, "tune.study=killed", cwd=folder)
    assert "Resuming trial 0, which was interrupted" in resumed.stderr
    assert "Resuming from the checkpoint of step" in resumed.stderr
    assert time_independent(resumed.json) == time_independent(uninterrupted)
