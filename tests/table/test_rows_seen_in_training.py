"""Rows that a training split holds: by content, by path in one source, as a dropped duplicate, and in windows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from headrace.config.sections.inputs.windows import Windows
from headrace.contract import Contract
from headrace.features.contract_spec import Statistics
from headrace.features.windows.contract_spec import WindowSpec
from headrace.features.windows.record_encoder_in_preparation import window_columns
from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import DUPLICATES_SCHEMA, duplicates_path
from headrace.table.rows_seen_in_training import SplitRows
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import NO_SUMMARY, commit, open_base
from headrace.targets.regression.label_encoder import COLUMN as NUMBER
from tests.support.table_columns import table_columns
from tests.support.table_versions import summary

HOUR = 3600
Row = tuple[str, str]
WINDOWS = Windows(values=("x",), time="t", length=3, horizon=2)
COLUMNS = table_columns(window_columns(WINDOWS)) | {"label": NUMBER}
SPEC = WindowSpec(
    statistics=Statistics(mean=(0.0,), variance=(1.0,)), values=("x",), label="x", every_seconds=HOUR, horizon=2
)


def write(table: Path, root: str = "raw", **splits: list[Row]) -> Version:
    """Commit the next version of a table of windows, with rows of (path, content hash) by split."""
    shards = [write_shard(_rows(rows), table, f"{split}-{len(rows)}", split) for split, rows in splits.items()]
    contract = Contract(columns=COLUMNS, task="regression", input_specs={"window": SPEC})
    dropped = open_base(duplicates_path(table)).number
    metadata = summary(
        contract=contract, source={"kind": "table", "path": root, "root": root}, duplicates_version=dropped
    )
    commit(open_base(table), shards, arrow_schema(COLUMNS), metadata.model_dump_json())
    return read(table)


def _rows(rows: list[Row]) -> pa.Table:
    columns = {
        "path": [path for path, _ in rows],
        "label": [0.0] * len(rows),
        "window": [np.zeros(3, "<f4").tobytes()] * len(rows),
        "content_hash": [content for _, content in rows],
    }
    return pa.Table.from_pydict(columns, schema=arrow_schema(COLUMNS))


def found(version: Version, *training: Version) -> list[str]:
    """Return the paths of the test rows that a training split holds."""
    rows = SplitRows(version, "test")
    for other in training:
        rows.compare(other)
    return rows.found


def test_rows_are_found_by_content_and_in_the_same_source_by_path(tmp_path: Path) -> None:
    test = [("a", "1"), ("b", "2"), ("c", "3")]
    first = write(tmp_path / "table", train=[("d", "4")], test=test)
    # The second version renamed one file, and changed the content of another.
    second = write(tmp_path / "table", train=[("renamed", "1"), ("b", "5")], test=[("c", "3")])
    assert found(first, first) == []
    assert found(first, second) == ["a", "b"]
    assert found(first, write(tmp_path / "copy", train=[("b", "5")])) == ["b"]
    assert found(first, write(tmp_path / "other", "elsewhere", train=[("b", "5"), ("x", "3")])) == ["c"]


def test_near_duplicate_of_test_row_is_found_when_it_is_kept_later(tmp_path: Path) -> None:
    table = tmp_path / "table"
    rows = pa.Table.from_pylist([{"path": "similar", "kind": "near", "kept": "a"}], DUPLICATES_SCHEMA)
    folder = duplicates_path(table)
    commit(open_base(folder), [write_shard(rows, folder, "dropped")], DUPLICATES_SCHEMA, NO_SUMMARY)
    first = write(table, train=[("d", "4")], test=[("a", "1"), ("b", "2")])
    assert found(first, write(table, train=[("similar", "9"), ("other", "8")])) == ["a"]


@pytest.mark.parametrize("moment", [f"{10 * HOUR}", "1970-01-01 10:00"])
def test_window_is_found_when_training_window_receives_or_predicts_its_target(tmp_path: Path, moment: str) -> None:
    version = write(tmp_path / "table", test=[(f"city/a/{moment}", "t")])
    # A window of 3 rows that predicts 2 rows ahead receives the rows 4, 3 and 2 before its target.
    hours = {8: False, 9: False, 10: True, 11: False, 12: True, 14: True, 15: False}
    for hour, expected in hours.items():
        training = write(tmp_path / "table", train=[(f"city/a/{hour * HOUR}.0", f"{hour}")])
        assert bool(found(version, training)) == expected, hour
        assert found(version, write(tmp_path / "table", train=[(f"city/b/{hour * HOUR}", "b")])) == []
