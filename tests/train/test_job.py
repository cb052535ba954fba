"""`headrace train` as a user runs it: real Spark, two real Horovod ranks, real images."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from headrace import bundle
from headrace.runs.run_folder import RunFolder
from headrace.table import read
from tests.support.commands import CommandResult, headrace, run
from tests.support.running_training import current_step, find_ranks, in_the_background, list_checkpoints, wait_for
from tests.support.workspace import link_workspace

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

LONG = ("train.run=long", "train.epochs=40")


class FixedRun(NamedTuple):
    """Results of a run whose network, in a folder beside the configuration, had an error at first.

    Attributes:
        refused: the result of the command with the error.
        started_over: the result of the same run with the error fixed, by spark-submit.
    """

    refused: CommandResult
    started_over: CommandResult


@pytest.fixture(scope="module")
def fixed_run(workspace: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> FixedRun:
    """Train a network of the user's own, first with an error in it."""
    folder = link_workspace(workspace, tmp_path_factory.mktemp("fixed"))
    source = (folder / "models" / "cnn.py").read_text() + "\n# mine\n"
    mine = folder / "elsewhere" / "my network.py"
    mine.parent.mkdir()
    words = ("conf.yaml", f"model.file={mine}")
    mine.write_text(source.replace("layers.Flatten(),", "layers.Dense('ten'),"))
    refused = headrace("train", *words, cwd=folder, code=2)
    mine.write_text(source)
    submit = str(Path(sys.executable).with_name("spark-submit"))
    return FixedRun(refused, run([submit, "--master", "local[2]", str(root / "jobs" / "train.py"), *words], cwd=folder))


def test_train_reports_ranks_steps_weights_and_metrics(trained: dict[str, Any]) -> None:
    assert trained["ranks"] == 2
    assert trained["steps"] == 10
    assert len(trained["weights_sha256"]) == 64
    assert 0 < trained["metrics"]["accuracy"] <= 1


def test_metrics_log_has_a_line_per_step_and_per_epoch(trained: dict[str, Any]) -> None:
    lines = [json.loads(line) for line in Path(trained["run"], "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if line["kind"] == "step"] == list(range(1, 11))
    (epoch,) = [line for line in lines if line["kind"] == "epoch"]
    assert epoch["accuracy"] == trained["metrics"]["accuracy"]


def test_tensorboard_reads_the_run(trained: dict[str, Any]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(f"{trained['run']}/events", size_guidance={"tensors": 0}).Reload()
    tags = events.Tags()["tensors"]
    assert {"step/loss", "step/accuracy", "step/samples_per_second", "epoch/loss"} <= set(tags)
    assert [event.step for event in events.Tensors("step/loss")] == list(range(1, 11))


def test_train_leaves_complete_run_unchanged(trained: dict[str, Any], workspace: Path) -> None:
    again = headrace("train", "conf.yaml", cwd=workspace)
    assert again.json == trained
    assert "complete" in again.stderr


@pytest.mark.slow
def test_train_without_restarts_reports_killed_rank_within_30_seconds(own: Path) -> None:
    driver = in_the_background(*LONG, "train.max_restarts=0", cwd=own)
    wait_for(lambda: list((own / "long" / "checkpoints").glob("step-*")))
    victim = find_ranks(own / "long")[1]
    began = time.monotonic()
    victim.kill()
    _, log = driver.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert driver.returncode == 4
    sentence = log.strip().splitlines()[-1]
    assert sentence.startswith("headrace: Rank 1 on ")
    assert "signal 9" in sentence
    assert "Java" not in log
    assert "\tat org.apache" not in log
    assert not find_ranks(own / "long")


@pytest.mark.slow
def test_train_stops_after_a_checkpoint_when_interrupted(own: Path) -> None:
    """The signal goes to the whole process group, as that of a terminal and of `timeout` does."""
    command = [sys.executable, "-m", "headrace", "train", "conf.yaml", *LONG, "train.checkpoint_every_steps=1000"]
    with subprocess.Popen(command, cwd=own, stderr=subprocess.PIPE, text=True, start_new_session=True) as driver:
        wait_for(lambda: current_step(own / "long") >= 3)
        processes = psutil.Process(driver.pid).children(recursive=True)
        os.killpg(driver.pid, signal.SIGTERM)
        _, log = driver.communicate(timeout=60)
    assert driver.returncode == 143, log
    (step,) = list_checkpoints(own / "long")
    assert log.splitlines()[-1] == (
        f"headrace: terminated; {own / 'long'} stopped at step {step} after a checkpoint; the same command resumes"
    )
    assert "Traceback" not in log
    assert "Exception" not in log
    assert not psutil.wait_procs(processes, timeout=5)[1]
    assert not (own / "long" / "interrupt").exists()


def test_train_with_too_few_slots_reports_both_numbers(own: Path) -> None:
    answer = headrace("train", "conf.yaml", "train.ranks=5", "spark.slots=3", cwd=own, code=4)
    assert "train.ranks is 5" in answer.last_error_line
    assert "has 3 free slots" in answer.last_error_line
    # The run keeps the sentence, for those who list it.
    failure = json.loads((own / "run" / "failure.json").read_text())
    assert answer.last_error_line == f"headrace: {failure['error']}"


def test_train_refuses_to_resume_with_changed_settings(trained: dict[str, Any], workspace: Path) -> None:
    answer = headrace("train", "conf.yaml", "train.seed=5", cwd=workspace, code=2)
    assert "train.seed was 0 and is 5" in answer.last_error_line


def test_train_refuses_to_resume_with_changed_network(trained: dict[str, Any], own: Path) -> None:
    (own / "run").symlink_to(trained["run"])
    (own / "models" / "cnn.py").open("a").write("\n# changed\n")
    answer = headrace("train", "conf.yaml", cwd=own, code=2)
    assert "another content of models/cnn.py" in answer.last_error_line


def test_train_refuses_to_resume_with_another_table(trained: dict[str, Any], own: Path, workspace: Path) -> None:
    """The identifier of a table decides: a copy is the same table, and a table prepared anew is another."""
    shutil.copytree(trained["run"], own / "run")
    missing = headrace("train", "conf.yaml", "data.table=nowhere", cwd=own, code=3)
    assert "nowhere is not a prepared table" in missing.last_error_line
    shutil.copytree(workspace / "table", own / "copied")
    assert headrace("train", "conf.yaml", "data.table=copied", cwd=own).json["steps"] == trained["steps"]
    assert json.loads((own / "run" / "run.json").read_text())["table"] == str(own / "copied")
    (log,) = (own / "copied" / "_delta_log").glob("*.json")
    log.write_text(log.read_text().replace(read(own / "copied").table_id, str(uuid.UUID(int=1))))
    other = headrace("train", "conf.yaml", "data.table=copied", cwd=own, code=2)
    assert "was started with another table than" in other.last_error_line
    assert json.loads((own / "run" / "run.json").read_text())["table"] == str(own / "copied")


def test_bundle_of_complete_run_is_copied_where_train_bundle_says(trained: dict[str, Any], own: Path) -> None:
    shutil.copytree(trained["run"], own / "run")
    copied = headrace("train", "conf.yaml", "train.bundle=elsewhere", cwd=own).json
    assert copied == trained | {"run": str(own / "run"), "bundle": str(own / "elsewhere")}
    assert bundle.load(own / "elsewhere").origin.weights_sha256 == trained["weights_sha256"]
    (own / "taken").mkdir()
    (own / "taken" / "mine.txt").touch()
    answer = headrace("train", "conf.yaml", "train.bundle=taken", cwd=own, code=2)
    assert "the folder holds other files" in answer.last_error_line


def test_train_shows_line_of_network_error(fixed_run: FixedRun) -> None:
    assert "layers.Dense('ten')" in fixed_run.refused.last_error_line
    assert "org.apache" not in fixed_run.refused.stderr


@pytest.mark.slow
def test_spark_submit_starts_over_with_fixed_network_and_trains_equal_weights(
    fixed_run: FixedRun, trained: dict[str, Any]
) -> None:
    """The same seed, data and ranks give the same weights."""
    result = fixed_run.started_over.json
    assert (result["steps"], result["weights_sha256"]) == (10, trained["weights_sha256"])


def test_train_uses_model_file_from_any_folder(fixed_run: FixedRun) -> None:
    assert "\n# mine\n" in Path(fixed_run.started_over.json["bundle"], "model.py").read_text()


def test_train_refuses_run_that_another_process_trains(own: Path) -> None:
    with RunFolder(own / "run").locked():
        answer = headrace("train", "conf.yaml", cwd=own, code=4)
    assert f"is being trained by process {os.getpid()} on " in answer.last_error_line


def test_train_shows_python_error_of_network_once(own: Path) -> None:
    file = own / "models" / "cnn.py"
    picky = """
class Picky(layers.Layer):
    def call(self, x):
        import os
        import tensorflow as tf

        # Only in a rank, as the network is tried before.
        if "HOROVOD_RANK" in os.environ:
            tf.debugging.assert_less(x, 0.5, message="too large for me")
        return x
"""
    file.write_text(file.read_text().replace("layers.Flatten(),", "layers.Flatten(), Picky(),") + picky)
    line = (
        file.read_text().splitlines().index('            tf.debugging.assert_less(x, 0.5, message="too large for me")')
        + 1
    )
    answer = headrace("train", "conf.yaml", cwd=own, code=4)
    assert (
        f"InvalidArgumentError at line {line} of the model's file: assertion failed: [too large"
        in answer.last_error_line
    )
    assert answer.stderr.count("Traceback (most recent call last)") == 1
    assert "org.apache" not in answer.stderr
    assert "Restart" not in answer.stderr


def test_train_reports_missing_table_in_one_sentence(own: Path) -> None:
    answer = headrace("train", "conf.yaml", "data.table=nowhere", cwd=own, code=3)
    looked = f"(looked for at {own / 'nowhere'})"
    assert answer.last_error_line == (
        f"headrace: nowhere is not a prepared table {looked}; create it with `headrace prepare`."
    )
    assert not (own / "run").exists()
