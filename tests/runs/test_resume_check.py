"""Resuming a run on another number of ranks."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.html.template_filters import duration
from headrace.report import write_report
from headrace.runs.metrics_log_reader import read_metrics
from headrace.runs.resume_check import ResumeChecks, require_resumable
from headrace.runs.run_record import Continuation, RunRecord, load_record
from tests.support.commands import headrace_within
from tests.support.run_copies import edit
from tests.support.small_table import Content, some_rows, write_table
from tests.support.workspace import write_configuration

# Without dropout, ranks draw no random numbers, so their number does not affect the result.
WORDS = ("train", "conf.yaml", "model.options.dropout=0", "train.checkpoint_every_steps=4", "train.epochs=2")


@pytest.fixture(scope="module")
def folder(spark: Any, workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workspace of this module's run."""
    path = tmp_path_factory.mktemp("other-ranks")
    write_configuration(path, workspace)
    (path / "table").symlink_to(workspace / "table")
    return path


@pytest.fixture(scope="module")
def metrics(folder: Path) -> dict[str, float]:
    """Return the metrics of a run of 20 steps on two ranks, then leave it as a driver does that dies after step 16.

    The run has one epoch at first, and continues when it gets a second one.
    """
    first = headrace_within(*WORDS, "train.epochs=1", cwd=folder).json
    continued = headrace_within(*WORDS, cwd=folder)
    whole = continued.json
    assert (first["steps"], whole["steps"]) == (10, 20)
    assert "continues from 1 to 2 epochs" in continued.stderr
    assert "Resuming from the checkpoint of step 10" in continued.stderr
    record, history = load_record(folder / "run"), read_metrics(folder / "run" / "metrics.jsonl")
    assert record.continuations == (Continuation(epochs=1, complete=True),)
    # The second attempt counts its seconds on from the first one's.
    times = [line["seconds"] for line in sorted((*history.steps, *history.epochs), key=lambda line: line["step"])]
    assert times == sorted(times)
    assert whole["samples_per_second"] <= 20 * 128 / history.training_seconds + 0.1
    edit(folder / "run" / "run.json", command="headrace train conf.yaml train.epochs=1")
    page = write_report(folder / "run").read_text()
    assert "<code>headrace train conf.yaml train.epochs=2 train.data_version=0</code>" in page
    assert "continued from 1 to 2 epochs. A run of 2 epochs from the start has the same weights." in page
    assert f"<dd>{duration(history.training_seconds)}<small>20 steps, 2 epochs, without start-up</small>" in page
    (folder / "weights_sha256").write_text(whole["weights_sha256"])
    shutil.rmtree(folder / "run" / "checkpoints" / "step-000000020")
    shutil.rmtree(folder / "run" / "bundle")
    (folder / "run" / "result.json").unlink()
    found: dict[str, float] = whole["metrics"]
    return found


@pytest.mark.parametrize(("kind", "start_over"), [("run", "--restart"), ("study", "remove this one")])
def test_refusal_names_a_way_to_start_over_that_exists(kind: str, start_over: str) -> None:
    checks = ResumeChecks(kind, Path("folder"), "setting")
    with pytest.raises(ConfigurationError, match=start_over):
        checks.require_settings({"a": 1}, {"a": 2})
    with pytest.raises(ConfigurationError, match=start_over):
        checks.require_network(False, "cnn.py")


def test_resume_refuses_a_copy_of_the_table_that_was_prepared_again(tmp_path: Path) -> None:
    """Copies keep the table's identifier, so that the shards tell which version it is."""
    table = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)})).table
    copy = Path(shutil.copytree(table, tmp_path / "copy"))
    here = write_table(table, Content(splits={"train": some_rows(10)}))
    there = write_table(copy, Content(splits={"train": some_rows(9)}))
    run = ResumeChecks("run", tmp_path / "run", "train.run")
    run.require_table(here, here.table_id, here.content_id)
    with pytest.raises(ConfigurationError, match="was started with version 1 of a copy of"):
        run.require_table(there, here.table_id, here.content_id)


def test_resume_names_a_newer_version_of_the_table(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run keeps its version."""
    first = write_table(tmp_path / "table", Content(splits={"train": some_rows(20)}))
    checks = ResumeChecks("run", tmp_path / "run", "train.run")
    checks.require_table(first, first.table_id, first.content_id)
    assert not caplog.records
    write_table(tmp_path / "table", Content(splits={"train": some_rows(30)}))
    checks.require_table(first, first.table_id, first.content_id)
    assert "reads version 0 of" in caplog.text
    assert "whose newest is version 1; to train on that, set train.run to another directory" in caplog.text


def test_resume_names_only_the_keys_of_a_section_that_changed(tmp_path: Path) -> None:
    run = ResumeChecks("run", tmp_path / "run", "train.run")
    before, after = ({"train.optimizer": {"name": "adam", "learning_rate": rate}} for rate in (0.1, 0.2))
    with pytest.raises(
        ConfigurationError, match=r"other settings: train\.optimizer\.learning_rate was 0\.1 and is 0\.2; restore"
    ):
        run.require_settings(before, after)


def test_resume_takes_the_number_of_the_version_that_the_run_reads(tmp_path: Path) -> None:
    """The commands of a report name it, and the run may have been started without."""
    table = write_table(tmp_path / "table", Content(splits={"train": some_rows(12)}))
    tree = {"data": {"source": {"path": "raw"}, "table": str(table.table)}, "model": {"file": "m.py"}}
    first, same, other = (
        Configuration.model_validate(tree | {"train": {"run": "r", "ranks": 1, "batch_size": 4, "epochs": 1} | version})
        for version in ({}, {"data_version": 0}, {"data_version": 1})
    )
    known = {"table_id": table.table_id, "content_id": table.content_id, "model_sha256": "hash"}
    record = RunRecord.model_construct(configuration=first, data_version=0, epochs=1, global_batch=4, lanes=1, **known)
    require_resumable(tmp_path / "run", record, same, "hash")
    with pytest.raises(ConfigurationError, match=r"train\.data_version was not set and is 1"):
        require_resumable(tmp_path / "run", record, other, "hash")


def test_refusal_says_that_a_setting_was_not_set() -> None:
    run = ResumeChecks("run", Path("run"), "train.run")
    with pytest.raises(ConfigurationError, match=r"model\.options\.width was not set and is 3; restore"):
        run.require_settings({"model.options": {}}, {"model.options": {"width": 3}})


def test_resume_refuses_ranks_that_change_the_global_batch(folder: Path, metrics: dict[str, float]) -> None:
    answer = headrace_within(*WORDS, "train.ranks=3", cwd=folder, code=2)
    assert "started with 128 rows per step, and train.ranks x train.batch_size is now 3 x 64" in answer.last_error_line
    assert "1 x 128, 2 x 64, 4 x 32, 8 x 16, 16 x 8" in answer.last_error_line


def test_resume_refuses_fewer_epochs_and_names_restart(folder: Path, metrics: dict[str, float]) -> None:
    answer = headrace_within(*WORDS, "train.epochs=1", cwd=folder, code=2)
    assert "has trained 1 epoch and 6 of the 10 steps of the next, which cannot be taken back" in answer.last_error_line
    assert "train.epochs can be 2 or more, and is 1" in answer.last_error_line
    assert "--restart" in answer.last_error_line


def test_resume_with_fewer_epochs_ends_the_interrupted_run_earlier(folder: Path, metrics: dict[str, float]) -> None:
    """The run of 9 epochs was interrupted in its second one."""
    shutil.copytree(folder / "run", folder / "shorter")
    edit(folder / "shorter" / "run.json", epochs=9)
    shorter = headrace_within(*WORDS, "train.run=shorter", cwd=folder)
    assert "ends after 2 epochs instead of 9" in shorter.stderr
    assert "Resuming from the checkpoint of step 16" in shorter.stderr
    assert shorter.json["weights_sha256"] == (folder / "weights_sha256").read_text()
    continuations = load_record(folder / "shorter").continuations
    assert continuations == (Continuation(epochs=1, complete=True), Continuation(epochs=9, complete=False))


@pytest.mark.long
def test_run_that_got_another_epoch_has_weights_of_undisturbed_run(folder: Path) -> None:
    undisturbed = headrace_within(*WORDS, "train.run=undisturbed", cwd=folder).json
    headrace_within(*WORDS, "train.run=grown", "train.epochs=1", cwd=folder)
    grown = headrace_within(*WORDS, "train.run=grown", cwd=folder).json
    assert grown["weights_sha256"] == undisturbed["weights_sha256"]
    over = headrace_within(*WORDS, "--restart", "train.run=grown", "train.epochs=1", cwd=folder).json
    assert over["steps"] == 10


def test_resume_with_other_steps_between_checkpoints_has_weights_of_undisturbed_run(
    folder: Path, metrics: dict[str, float]
) -> None:
    """How often a run saves and logs is no reason to start it over; 17 and 20 are steps of the new checkpoints."""
    shutil.copytree(folder / "run", folder / "copy")
    words = ("train.run=copy", "train.checkpoint_every_steps=17", "train.log_every_steps=3", "train.keep_checkpoints=5")
    resumed = headrace_within(*WORDS, *words, cwd=folder)
    assert "Resuming from the checkpoint of step 16" in resumed.stderr
    assert resumed.json["weights_sha256"] == (folder / "weights_sha256").read_text()
    # Sums of metrics are added up at each checkpoint, in another order.
    assert resumed.json["metrics"] == pytest.approx(metrics, rel=1e-6)
    assert {"step-000000017", "step-000000020"} <= {path.name for path in (folder / "copy/checkpoints").iterdir()}


def test_resume_continues_with_another_number_of_ranks(folder: Path, metrics: dict[str, float]) -> None:
    resumed = headrace_within(*WORDS, "train.ranks=1", "train.batch_size=128", cwd=folder)
    assert "Resuming from the checkpoint of step 16" in resumed.stderr
    assert resumed.json["ranks"] == 1
    assert resumed.json["steps"] == 20
    assert resumed.json["metrics"] == pytest.approx(metrics, rel=1e-4)
