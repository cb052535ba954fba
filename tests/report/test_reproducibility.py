"""Commands derived from the training command."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from headrace.report import write_report
from headrace.report.command_throughput import stages
from headrace.report.data_section import TableData
from headrace.report.reproducibility import (
    evaluate_command,
    report_command,
    reproduction,
    without_secrets,
)
from headrace.report.run_folder_files import read_artifacts
from tests.support.run_copies import edit
from tests.support.table_versions import summary


def test_commands_quote_paths() -> None:
    run = Path("my runs/a;b")
    assert report_command(run) == "headrace report 'my runs/a;b'"
    assert evaluate_command(run / "bundle", "t", 3) == "headrace evaluate 'my runs/a;b/bundle' --table t --version 3"


@pytest.mark.parametrize(
    "key",
    [
        "data.password",
        "spark.settings.fs.s3a.secret.key",
        "x.auth_token",
        "a.access_key",
        "fs.azure.account.key.photos",
    ],
)
def test_without_secrets_withholds_value_of_secret_override(key: str) -> None:
    line = without_secrets(f"headrace train c.yaml {key}=hush train.ranks=2")
    assert line == f"headrace train c.yaml '{key}=(withheld)' train.ranks=2"


def test_without_secrets_keeps_other_lines_unchanged() -> None:
    line = 'headrace  train "c.yaml" train.ranks=2'
    assert without_secrets(line) == line


def prepared(command: str, newest: int = 0, **counts: int) -> TableData:
    """Return the data of a page whose version was prepared by `command` with settings of its own."""
    counts = {"rows_in": 1, "prepared_rows": 1} | counts
    source = {"kind": "folder", "path": "../photos", "options": {"password": "(withheld)"}}
    changes = {"command": command, "data": {"source": source, "table": "t"}, "settings": {"seed": 7}}
    return TableData(
        newest=newest,
        summary=summary(**changes, **counts),
        splits=(),
        rows={},
        channels=(),
        axis="channel",
        rejects=[],
        rejects_problem=None,
        samples=None,
        samples_problem=None,
    )


def test_commands_train_on_the_version_that_the_run_read(make_run: Callable[..., Path]) -> None:
    """A command without the number trains on the newest version, which has other rows."""
    run = make_run()
    edit(run / "run.json", data_version=7)
    shown = reproduction(read_artifacts(run), None)
    (command,) = (command for command in shown.commands if " train " in command)
    assert command.endswith(" train.data_version=7")
    assert yaml.safe_load(shown.configuration)["train"]["data_version"] == 7
    edit(run / "run.json", command="python notebook.py")
    assert "python notebook.py" in reproduction(read_artifacts(run), None).commands


def test_commands_are_true_in_an_empty_folder_and_in_that_of_the_run(make_run: Callable[..., Path]) -> None:
    """In an empty folder `prepare` makes version 0; --full would write a needless one in the other."""
    run = make_run()
    edit(run / "run.json", data_version=1)
    command = "headrace prepare conf.yaml --full prepare.seed=7"
    shown = reproduction(read_artifacts(run), prepared(command, newest=1))
    assert shown.commands[0] == "headrace prepare conf.yaml prepare.seed=7"
    assert not any("version" in command for command in shown.commands)
    assert shown.note == ""
    older = reproduction(read_artifacts(run), prepared(command, newest=2))
    assert sum("train.data_version=1" in command for command in older.commands) == 1
    assert "In a folder without the table, `prepare` makes version 0" in older.note


def test_page_says_that_prepare_makes_another_version_than_one_with_a_history(make_run: Callable[..., Path]) -> None:
    """Classes keep their numbers from version to version, and rows their shards."""
    run = make_run()
    edit(run / "run.json", data_version=2)
    shown = reproduction(read_artifacts(run), prepared("headrace prepare c.yaml", newest=2, rows_in=363))
    assert "version 2 of the table, which was prepared on top of earlier versions" in shown.note
    assert "keep the table, and train on its version 2 with another train.run" in shown.note
    assert "leave out the numbers" not in shown.note
    at_once = prepared("headrace prepare c.yaml", newest=2)
    assert reproduction(read_artifacts(run), at_once).note == ""
    contract = at_once.summary.contract.model_copy(update={"classes": ("dog", "cat")})
    kept_order = replace(at_once, summary=at_once.summary.model_copy(update={"contract": contract}))
    assert "the order of its classes" in reproduction(read_artifacts(run), kept_order).note


def test_rate_of_prepare_counts_the_rows_that_the_version_read(make_run: Callable[..., Path]) -> None:
    data = prepared("headrace prepare c.yaml", rows_in=363, prepared_rows=108)
    (stage,) = (stage for stage in stages(read_artifacts(make_run()), data) if stage.name == "prepare")
    assert stage.work == "108 of 363 rows"
    assert stage.rate == pytest.approx(108 / data.summary.seconds)


def test_page_has_command_and_settings_that_the_version_was_prepared_with(make_run: Callable[..., Path]) -> None:
    command = "headrace prepare conf.yaml data.source.path=../photos prepare.seed=7"
    run = read_artifacts(make_run())
    shown = reproduction(run, prepared(command))
    assert shown.commands[0] == command
    settings = yaml.safe_load(shown.configuration)
    assert settings["data"]["source"]["path"] == "../photos"
    assert settings["prepare"] == {"seed": 7}
    retrained = reproduction(run, prepared("headrace retrain conf.yaml"))
    assert retrained.commands[0].startswith("headrace prepare")


TWO = "headrace train conf/shapes.yaml train.epochs=2 train.ranks=2"
THREE = "headrace train conf/shapes.yaml train.ranks=2 train.epochs=3 train.data_version=0"


def continued(make_run: Callable[..., Path], *before: tuple[int, bool], command: str = TWO, **schedule: str) -> Path:
    """Return a run of 3 epochs that was begun by `command`, and continued from these numbers of epochs."""
    train = {"run": "runs/shapes", "ranks": 2, "epochs": 3, "optimizer": {"schedule": schedule}}
    run = make_run(configuration={"train": train})
    pairs = [{"epochs": epochs, "complete": complete} for epochs, complete in before]
    edit(run / "run.json", command=command, continuations=pairs)
    return run


def train_lines(run: Path) -> list[str]:
    """Return the train commands that reproduce the run."""
    return [command for command in reproduction(read_artifacts(run), None).commands if " train " in command]


def test_continued_run_is_reproduced_by_its_last_number_of_epochs(make_run: Callable[..., Path]) -> None:
    """The first command alone trains another model, and the longer run has the same weights from the start."""
    run = continued(make_run, (1, True), (2, False))
    assert train_lines(run) == [THREE]
    page = write_report(run).read_text()
    assert f"<code>{THREE}</code>" in page
    assert "continued from 1 to 2 to 3 epochs. A run of 3 epochs from the start has the same weights." in page
    assert "train.epochs=2" not in page
    # The file may have the old number, or the new one.
    edit(run / "run.json", command="headrace train conf/shapes.yaml")
    assert train_lines(run) == ["headrace train conf/shapes.yaml train.epochs=3 train.data_version=0"]


def test_continued_run_with_a_cosine_schedule_is_reproduced_by_all_of_its_commands(
    make_run: Callable[..., Path],
) -> None:
    """The schedule spans the epochs of each command, so that one long run has other weights."""
    run = continued(make_run, (2, True), kind="cosine")
    assert train_lines(run) == [THREE.replace("epochs=3", "epochs=2"), THREE]
    assert "run all of the train commands, in this order" in write_report(run).read_text()


def test_page_says_that_no_commands_reproduce_a_cosine_schedule_that_changed_midway(
    make_run: Callable[..., Path],
) -> None:
    run = continued(make_run, (2, False), kind="cosine")
    assert "no commands give exactly these weights again" in write_report(run).read_text()


@pytest.mark.parametrize(
    ("kind", "note"), [("constant", "has the same weights"), ("cosine", "no commands give exactly these weights")]
)
def test_shortened_run_is_reproduced_by_no_command_of_more_epochs(
    make_run: Callable[..., Path], kind: str, note: str
) -> None:
    run = continued(make_run, (40, False), kind=kind)
    assert train_lines(run) == [THREE]
    page = write_report(run).read_text()
    assert "The run was changed from 40 to 3 epochs" in page
    assert note in page


def test_program_of_the_user_is_shown_as_it_was_called(make_run: Callable[..., Path]) -> None:
    run = continued(make_run, (2, True), command="python notebook.py")
    assert "python notebook.py" in reproduction(read_artifacts(run), None).commands


KERNEL = "/usr/lib/python3/ipykernel_launcher.py -f /run/kernel.json"


@pytest.mark.parametrize(
    ("command", "shown"),
    [("../nb.py --small", ["python ../nb.py --small"]), (KERNEL, []), ("spark nb.py", ["spark nb.py"])],
)
def test_table_from_a_dataframe_has_no_command_that_prepares_it(
    make_run: Callable[..., Path], command: str, shown: list[str]
) -> None:
    run = make_run()
    edit(run / "run.json", command=command)
    source = {"kind": "table", "path": "DataFrame", "format": "dataframe"}
    data = prepared(command)
    data = replace(data, summary=data.summary.model_copy(update={"data": {"source": source, "table": "t"}}))
    found = reproduction(read_artifacts(run), data)
    assert list(found.commands[:-2]) == shown
    assert "headrace prepare" not in " ".join(found.commands)
    assert found.note.startswith(
        "The table was prepared from a DataFrame, which no command reads again: run the program"
    )


def test_unfinished_continued_run_resumes_with_its_epochs(make_run: Callable[..., Path]) -> None:
    run = continued(make_run, (2, True), kind="cosine")
    (run / "result.json").unlink()
    page = write_report(run).read_text()
    after = page.partition("The training has not finished. To resume it, run:</p>")[2]
    command = THREE.removesuffix(" train.data_version=0")
    assert after.partition("</code>")[0].endswith(f"<code>{command}")
