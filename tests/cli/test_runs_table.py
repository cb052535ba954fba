"""`headrace runs` lists real runs: their states, metrics and the settings that differ, in any order."""

import json
from pathlib import Path
from typing import Any

import pytest

from headrace.cli.runs_table import _cell, _setting_columns, list_as_text, sort_rows
from headrace.errors import ConfigurationError
from headrace.runs.run_listing import RunRow
from tests.support.commands import headrace_within
from tests.support.run_copies import copy_run, edit, interrupt

RATE = "train.optimizer.learning_rate"


@pytest.fixture
def runs(trained: dict[str, Any], tmp_path: Path) -> Path:
    """A folder of runs in every state, a trial of a study, and a folder that is no run."""
    source, folder = Path(trained["run"]), tmp_path / "runs"
    evaluated = copy_run(source, folder / "good", {RATE: 0.01})
    metrics = {"accuracy": 0.8125, "loss": 0.5, "macro_f1": 0.8}
    stored = {"task": "classification", "table": "table", "version": 0, "rows": 200, "metrics": metrics}
    (evaluated / "bundle" / "evaluation").mkdir()
    (evaluated / "bundle" / "evaluation" / "test.json").write_text(json.dumps(stored))
    copy_run(source, folder / "study" / "trials" / "0000")
    interrupt(copy_run(source, folder / "killed"))
    interrupt(copy_run(source, folder / "failed")).fail("rank 1 ran out of memory")
    (copy_run(source, folder / "broken") / "run.json").write_text("{")
    edit(copy_run(source, folder / "old") / "run.json", format=1)
    (folder / "notes").mkdir()
    return folder


def test_runs_lists_states_metrics_and_only_settings_that_differ(runs: Path) -> None:
    with interrupt(copy_run(runs / "good", runs / "busy", {RATE: 0.02})).locked():
        shown = headrace_within("runs", "runs", "--sort", "run", cwd=runs.parent).stdout
    header, *lines = shown.splitlines()
    assert header.split()[:2] == ["run", "state"]
    assert header.split()[-3:] == ["test", "accuracy", "learning_rate"]
    found = {line.split()[0]: line.split() for line in lines[:7]}
    states = {name: words[1] for name, words in found.items()}
    assert states == {
        "broken": "unreadable",
        "busy": "running",
        "failed": "failed",
        "good": "complete",
        "killed": "interrupted",
        "old": "unreadable",
        "study/trials/0000": "complete",
    }
    assert found["good"][-2:] == ["81.25%", "0.01"]
    assert {"1/1", "10/10", "table", "0"} <= set(found["good"])
    assert found["killed"][-2:] == ["-", "0.001"]
    notes = "\n".join(lines[7:])
    assert "failed: failed, rank 1 ran out of memory" in notes
    assert "broken: unreadable, " in notes
    assert "written by an older version of Headrace" in notes
    assert "busy: running, by process" in notes


def test_runs_json_has_every_setting_and_the_metrics_of_the_log(runs: Path, trained: dict[str, Any]) -> None:
    found = headrace_within("runs", "runs", "--json", cwd=runs.parent).json
    rows = {row["run"]: row for row in found["runs"]}
    assert len(rows) == 6
    assert list(found["differing"]) == [RATE]
    assert found["differing"][RATE]["good"] == 0.01
    row = rows["study/trials/0000"]
    assert row["settings"]["train.batch_size"] == 64
    assert row["metrics"]["loss"] == trained["metrics"]["loss"]
    assert (row["epochs"], row["steps"], row["epoch"]) == (1, 10, 1)
    assert 0 < row["seconds"] < trained["seconds"]
    assert rows["good"]["test"]["metrics"]["accuracy"] == 0.8125


def test_columns_name_the_hash_of_the_network_and_show_a_mapping_once() -> None:
    settings = [
        {"model.sha256": "a1", "train.loss.class_weights": "none"},
        {"model.sha256": "b2", "train.loss.class_weights.cat": 2.0},
    ]
    rows = [RunRow(run=str(n), path=str(n), state="complete", settings=one) for n, one in enumerate(settings)]
    columns = _setting_columns(rows)
    assert columns["model.sha256"] == ["a1", "b2"]
    assert columns["class_weights"] == ["none", "cat 2.0"]
    assert "cat" not in columns


def test_settings_that_another_column_shows_have_no_column_of_their_own() -> None:
    def columns(*settings: dict[str, Any]) -> list[str]:
        rows = [RunRow(run=str(n), path=str(n), state="complete", settings=one) for n, one in enumerate(settings)]
        return list(_setting_columns(rows))

    def network(file: str, sha256: str, epochs: int = 1) -> dict[str, Any]:
        return {"model.file": file, "model.sha256": sha256, "train.epochs": epochs}

    assert columns(network("a.py", "1"), network("b.py", "2", 2), network("b.py", "2")) == ["model.file"]
    # The second network was edited.
    edited = [network("a.py", "1"), network("b.py", "2"), network("b.py", "3")]
    assert columns(*edited) == ["model.file", "model.sha256"]


def test_table_fits_the_terminal_by_leaving_out_columns() -> None:
    settings = [{"train.seed": n, "train.loss.name": f"a_loss_of_a_long_name_{n}" * 2} for n in range(3)]
    common = {"state": "complete", "table": "table", "version": 3, "steps": 1000, "total_steps": 1000}
    common |= {"total_epochs": 4, "metrics": {"val_loss": 0.5}}
    started = [f"2026-11-30T10:{n}1:12" for n in range(3)]
    rows = [
        RunRow(run=f"run-{n}", path=str(n), created=started[n], seconds=100.0 + n, epochs=n, settings=one, **common)
        for n, one in enumerate(settings)
    ]
    (*lines, hint), full = list_as_text(rows, 75).splitlines(), list_as_text(rows).splitlines()
    assert lines[0].split() == ["run", "state", "started", "epochs", "val_loss", "seed", "loss.name"]
    assert hint == "Left out, as the terminal is too narrow: version, table, steps, duration; --json has all."
    assert max(map(len, lines)) <= 75 < len(full[0])
    assert "steps" in full[0]
    assert len(full) == 4
    narrow = list_as_text(rows, 10).splitlines()
    assert narrow[0].split() == ["run", "state", "val_loss"]


def test_folder_without_runs_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused = headrace_within("runs", "empty", cwd=tmp_path, code=3)
    assert refused.last_error_line.startswith("headrace: No run was found in or below ")
    absent = headrace_within("runs", "absent", cwd=tmp_path, code=3).last_error_line
    assert absent.startswith(
        f"headrace: There are no runs yet: {tmp_path}/absent does not exist; `headrace train` makes"
    )
    (tmp_path / "file").touch()
    assert headrace_within("runs", "file", cwd=tmp_path, code=3).last_error_line.endswith("such as runs.")


def test_rows_are_sorted_by_any_key_with_missing_values_last() -> None:
    rows = [
        RunRow(run="a", path="a", state="complete", metrics={"val_loss": 0.5}, settings={"train.seed": 1}),
        RunRow(run="b", path="b", state="unreadable"),
        RunRow(run="c", path="c", state="complete", metrics={"val_loss": 0.25}, settings={"train.seed": 10}),
    ]
    orders = {key: "".join(row.run for row in sort_rows(rows, key)) for key in ("val_loss", "-val_loss", "train.seed")}
    assert orders == {"val_loss": "cab", "-val_loss": "acb", "train.seed": "acb"}
    # The title of a column is the end of a setting's key.
    assert [row.run for row in sort_rows(rows, "-seed")] == [row.run for row in sort_rows(rows, "-train.seed")]
    with pytest.raises(ConfigurationError, match="--sort val_los: no run has this key; did you mean val_loss?"):
        sort_rows(rows, "val_los")


def test_cells_of_paths_and_of_sections_keep_what_tells_them_apart() -> None:
    path = "/srv/models/retraining/cycles/0002/bundle"
    assert _cell(path) == "…training/cycles/0002/bundle"
    assert _cell({"bundle": path, "freeze": []}).endswith("/0002/bundle")
    assert _cell({"bundle": "b", "freeze": ["conv"]}) == "bundle b, freeze ['conv']"
    assert _cell("a" * 40) == "a" * 27 + "…"
