"""Tables, runs, studies, cycles and bundles of another format are refused with one sentence that names the format."""

import json
from pathlib import Path
from typing import Any

import pytest

from headrace import bundle
from headrace.errors import ConfigurationError, DataError, HeadraceError
from headrace.format_version import FORMAT, require_format
from headrace.retrain.journal import Journal
from headrace.runs.run_folder import RunFolder
from headrace.table import read
from headrace.table.transaction_log import commit, open_base
from headrace.tune.study.study_folder import StudyFolder
from tests.support.table_versions import SCHEMA, add_version, shard, summary

pytestmark = pytest.mark.tensorflow


def refusal(error: type[HeadraceError], read_it: Any) -> str:
    with pytest.raises(error) as caught:
        read_it()
    return str(caught.value)


@pytest.mark.parametrize(("found", "writer"), [(1, "an older"), (FORMAT + 1, "a newer"), ("new", "a newer")])
def test_format_of_another_version_is_refused_with_its_number(found: Any, writer: str) -> None:
    content = json.dumps({"format": found})
    assert refusal(DataError, lambda: require_format(content, "The run r", "start another", DataError)) == (
        f"The run r has format {found}, written by {writer} version of Headrace; this version reads format {FORMAT}; "
        "start another."
    )


@pytest.mark.parametrize("content", [json.dumps({"format": FORMAT}), "[]", "not JSON", b"\xff"])
def test_format_of_this_version_and_other_content_are_left_to_the_reader(content: bytes | str) -> None:
    require_format(content, "The run r", "start another", DataError)


def test_record_without_a_number_is_of_an_older_version() -> None:
    assert "has format 1, written by an older version" in refusal(
        DataError, lambda: require_format("{}", "The run r", "start another", DataError)
    )


@pytest.mark.parametrize(
    ("name", "record", "fix"),
    [
        ("run.json", lambda path: RunFolder(path).record(), "name another train.run"),
        ("study.json", lambda path: StudyFolder(path).record(), "name another tune.study"),
    ],
)
def test_run_and_study_of_another_format_are_refused(tmp_path: Path, name: str, record: Any, fix: str) -> None:
    (tmp_path / name).write_text('{"configuration": {}}')
    message = refusal(ConfigurationError, lambda: record(tmp_path))
    assert message.startswith(f"The {name.removesuffix('.json')} {tmp_path} has format 1, ")
    assert message.endswith(f"{fix}.")


def test_table_version_of_another_format_is_refused_and_an_older_one_of_this_format_read(tmp_path: Path) -> None:
    first = add_version(tmp_path / "table")
    old = summary().model_dump(mode="json") | {"format": 1}
    commit(open_base(tmp_path / "table"), [shard(tmp_path / "table", 1)], SCHEMA, json.dumps(old))
    assert read(tmp_path / "table", first).number == first
    message = refusal(DataError, lambda: read(tmp_path / "table"))
    assert message.startswith(f"Version {first + 1} of {tmp_path / 'table'} has format 1, ")


def test_bundle_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text('{"format": 1, "hashes": {}}')
    assert refusal(DataError, lambda: bundle.load(tmp_path)).startswith(f"The bundle {tmp_path} has format 1, ")


def test_retraining_cycle_of_another_format_is_refused(tmp_path: Path) -> None:
    cycle = Journal(tmp_path).begin("fingerprint", "configuration", None, forced=False)
    file = cycle.path / "cycle.json"
    file.write_text(file.read_text().replace(f'"format": {FORMAT}', '"format": 1'))
    assert refusal(DataError, lambda: cycle.record).startswith(f"The cycle {cycle.path} has format 1, ")
