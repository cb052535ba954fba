"""A cycle uses a version of the table only if it has the rows that the journal recorded under its number."""

import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from headrace.config import Configuration
from headrace.errors import DataError
from headrace.retrain.gate.tested_table_version import read_test_version
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Outcome, StepRecord
from headrace.retrain.replaced_table_check import find_recorded
from headrace.retrain.steps.cycle_context import CycleContext
from headrace.table import Version
from tests.support.small_table import Content, some_rows, write_table


def write_version(folder: Path, rows: int) -> Version:
    return write_table(folder / "table", Content(splits={"train": some_rows(rows), "test": some_rows(3)}))


def write_cycle(folder: Path, version: Version) -> Cycle:
    """Write a promoted cycle that prepared `version` and was tested on it."""
    cycle = Journal(folder / "journal").begin("fingerprint", "", None, forced=False)
    outputs = {
        "prepare": {"version": version.number, "content_id": version.content_id},
        "validate": {"test_version": version.number, "test_content_id": version.content_id},
    }
    for step, output in outputs.items():
        cycle.write_step(step, StepRecord(inputs={}, output=output, seconds=0, finished=""))
    cycle.end(Outcome(decision="promoted", reasons=()))
    return cycle


def test_version_of_a_replaced_table_is_not_the_recorded_one(tmp_path: Path) -> None:
    recorded = write_version(tmp_path, 12)
    assert find_recorded(str(recorded.table), 0, recorded.content_id) == recorded
    assert find_recorded(str(recorded.table), 1, "") is None
    shutil.rmtree(recorded.table)
    write_version(tmp_path, 13)
    assert find_recorded(str(recorded.table), 0, recorded.content_id) is None
    assert find_recorded(str(recorded.table), 0, "") is not None, "older cycles did not record the content"


def test_cycle_of_a_replaced_table_neither_trains_nor_tests_on_it(tmp_path: Path) -> None:
    version = write_version(tmp_path, 12)
    cycle = write_cycle(tmp_path, version)
    configuration = Configuration.model_validate(
        {
            "data": {"source": {"path": "raw"}, "table": str(version.table)},
            "model": {"file": "m.py"},
            "train": {"run": "run"},
            "retrain": {"folder": str(tmp_path / "journal")},
        }
    )
    unused = cast(Any, None)
    context = CycleContext(configuration=configuration, settings=unused, journal=unused, cycle=cycle, registry=unused)
    assert context.version == read_test_version(configuration) == version
    shutil.rmtree(version.table)
    write_version(tmp_path, 13)
    with pytest.raises(
        DataError, match=r"no longer has version 0 with the rows that cycle 1 prepared; restore it, or remove"
    ):
        _ = context.version
    with pytest.raises(DataError, match="or set retrain.test_version to newest"):
        read_test_version(configuration)
