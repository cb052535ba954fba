"""A search as a user runs it: `headrace tune`, real Spark, trials two at a time or of two ranks, real tables."""

import json
import signal
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml

from headrace.registry.store import Registry
from headrace.tune.study.journal import open_study
from tests.support.commands import CommandResult, headrace, headrace_within
from tests.support.running_training import checkpoints_of, in_the_background, ranks_of, wait_for
from tests.support.small_table import Content, some_rows, write_table
from tests.support.workspace import ROOT

RATE = "train.optimizer.learning_rate"
# Good, without effect, and beyond all numbers.
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


def only(*rates: float) -> str:
    # YAML takes 1e-9 for a word.
    choices = ", ".join(f"{rate:.1e}" for rate in rates)
    return f"tune.space={{{RATE}: {{kind: categorical, choices: [{choices}]}}}}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With conf.yaml and a table of 60 training images, 5 steps an epoch on one rank."""
    folder = tmp_path_factory.mktemp("search")
    write_table(folder / "table", Content(splits={"train": some_rows(60), "val": some_rows(12)}))
    (folder / "conf.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    return folder


@pytest.fixture(scope="module")
def searched(folder: Path) -> CommandResult:
    """Three trials, two at a time."""
    return headrace("tune", "conf.yaml", "tune.parallel=2", cwd=folder)


def test_every_trial_ends_and_one_that_fails_is_told_with_its_sentence(searched: CommandResult) -> None:
    found = searched.json
    assert [one["parameters"][RATE] for one in found["trials"]] == RATES
    assert [one["state"] for one in found["trials"]] == ["complete", "complete", "failed"]
    assert (found["complete"], found["pruned"], found["failed"]) == (2, 0, 1)
    assert "not a finite number" in found["trials"][2]["sentence"]
    assert "trial 2 failed: " in searched.stderr


def test_the_best_is_the_trial_with_the_best_last_figure(searched: CommandResult, folder: Path) -> None:
    found = searched.json
    assert (found["metric"], found["direction"]) == ("loss", "minimize")
    values = {one["number"]: one["value"] for one in found["trials"] if one["state"] == "complete"}
    assert found["best"]["number"] == min(values, key=lambda number: values[number]) == 0
    run = folder / "study" / "trials" / f"{found['best']['number']:04d}"
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["loss"] for line in lines if line["kind"] == "epoch"][-1] == found["best"]["value"]


def test_two_trials_are_trained_at_a_time(searched: CommandResult, folder: Path) -> None:
    trials = open_study(folder / "study" / "journal.log", "minimize", optuna.pruners.NopPruner()).trials
    times = [(one.datetime_start, one.datetime_complete) for one in trials[:2]]
    assert max(start for start, _ in times) < min(end for _, end in times)


def test_only_the_best_bundle_is_kept_and_no_process_is_left(searched: CommandResult, folder: Path) -> None:
    bundles = [place.parent for place in folder.glob("study/trials/*/bundle")]
    assert [Path(searched.json["bundle"]).parent] == bundles
    assert not list((folder / "study/trials/0002").glob("checkpoints"))
    assert not [rank for run in folder.glob("study/trials/*") for rank in ranks_of(run)]


@pytest.mark.long
def test_the_best_configuration_trains_as_it_is_to_the_same_figure(searched: CommandResult, folder: Path) -> None:
    trained = headrace("train", "study/best.yaml", cwd=folder).json
    assert trained["metrics"]["loss"] == pytest.approx(searched.json["best"]["value"], rel=1e-4)
    assert trained["run"] == str(folder / "run-tuned")
    assert "tune" not in yaml.safe_load((folder / "study" / "best.yaml").read_text())


def test_the_same_command_again_does_nothing(searched: CommandResult, folder: Path) -> None:
    again = headrace("tune", "conf.yaml", "tune.parallel=2", cwd=folder)
    assert "complete; nothing to do" in again.stderr
    assert {**again.json, "seconds": 0} == {**searched.json, "seconds": 0}


def test_with_a_registry_the_study_and_its_trials_are_tracked_once(searched: CommandResult, folder: Path) -> None:
    words = ("tune", "conf.yaml", "tune.parallel=2", "registry={folder: registry, model: clothes}")
    tracked = headrace_within(*words, cwd=folder).json
    assert {**tracked, "seconds": 0} == {**searched.json, "seconds": 0, "tracked": tracked["tracked"]}
    assert headrace_within(*words, cwd=folder).json["tracked"] == tracked["tracked"]
    kept = Registry(folder / "registry", "clothes", f"sqlite:///{folder / 'registry' / 'mlflow.db'}")
    runs = {str(run.info.run_name): run for run in kept.client.search_runs([kept.experiment])}
    statuses = {"search/study": "FINISHED", "trial 0": "FINISHED", "trial 1": "FINISHED", "trial 2": "FAILED"}
    assert {name.replace(folder.name, "search"): run.info.status for name, run in runs.items()} == statuses
    assert runs["trial 1"].data.params[RATE] == "1e-09"
    assert runs["trial 0"].data.metrics["trial/loss"] == searched.json["best"]["value"]
    assert runs["trial 0"].data.metrics["epoch/loss"] == searched.json["best"]["value"]
    assert runs["trial 2"].data.tags["headrace.trial.sentence"] == searched.json["trials"][2]["sentence"]


def test_a_study_is_not_continued_with_other_settings(searched: CommandResult, folder: Path) -> None:
    answer = headrace("tune", "conf.yaml", "train.batch_size=10", cwd=folder, code=2)
    assert "train.batch_size was 12 and is 10" in answer.last_error_line


def test_what_is_wrong_is_said_before_anything_is_started(folder: Path) -> None:
    typo = "tune.space={train.optimizer.learning_rte: {kind: float, low: 0.1, high: 0.2}}"
    answer = headrace("tune", "conf.yaml", typo, "tune.study=b", "tune.sampler.kind=tpe", cwd=folder, code=2)
    assert f"did you mean `{RATE}`?" in answer.last_error_line
    assert "no section `tune`" in headrace("tune", "conf.yaml", "tune=null", cwd=folder, code=2).last_error_line
    assert "expected one of loss" in headrace(
        "tune", "conf.yaml", "train.monitor.metric=val_auc", "tune.study=c", cwd=folder, code=2
    ).last_error_line  # fmt: skip


def test_too_few_slots_are_told_with_both_numbers(folder: Path) -> None:
    answer = headrace("tune", "conf.yaml", "tune.study=d", "tune.parallel=5", "spark.slots=3", cwd=folder, code=4)
    assert "tune.parallel is 5" in answer.last_error_line
    assert "has 3 slots free" in answer.last_error_line


def test_where_all_trials_fail_the_command_fails_and_when_time_is_up_no_other_begins(folder: Path) -> None:
    words = ("tune.study=failing", "tune.time_limit_seconds=1", only(1e30, 1e29))
    answer = headrace("tune", "conf.yaml", *words, cwd=folder, code=4)
    assert "1 failed" in answer.last_error_line
    assert (answer.json["best"], answer.json["failed"], len(answer.json["trials"])) == (None, 1, 1)


# The second is better than the first, and the third is stopped.
LONG = ("tune.ranks=2", "train.epochs=200", "tune.pruner.startup_trials=1", only(0.001, 0.01, 1e-9))
STEPS = 600


def told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What of a study does not depend on time."""
    return [(one["number"], one["state"], one["value"], one["epochs"], one["parameters"]) for one in found["trials"]]


def steps_of(run: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.long
def test_a_study_of_two_ranks_whose_driver_was_killed_goes_on_and_ends_as_if_undisturbed(folder: Path) -> None:
    undisturbed = headrace("tune", "conf.yaml", *LONG, "tune.study=whole", cwd=folder).json
    assert [one["state"] for one in undisturbed["trials"]] == ["complete", "complete", "pruned"]
    assert (undisturbed["best"]["number"], undisturbed["trials"][2]["epochs"]) == (1, 1)
    assert max(steps_of(folder / "whole" / "trials" / "0001")) == STEPS
    assert max(steps_of(folder / "whole" / "trials" / "0002")) < STEPS / 2

    driver = in_the_background(*LONG, "tune.study=killed", cwd=folder, verb="tune")
    run = folder / "killed" / "trials" / "0001"
    wait_for(lambda: len(checkpoints_of(run)) == 2, 300)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    wait_for(lambda: not ranks_of(run), 30)
    assert 0 < checkpoints_of(run)[-1] < STEPS
    resumed = headrace("tune", "conf.yaml", *LONG, "tune.study=killed", cwd=folder)
    assert "Going on with trial 1, which was interrupted" in resumed.stderr
    assert "Continuing from the checkpoint of step" in resumed.stderr
    assert told(resumed.json) == told(undisturbed)
