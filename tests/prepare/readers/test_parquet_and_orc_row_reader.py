"""Parquet and ORC: only the requested columns matter, and cells keep what their types say."""

import json
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import orc

from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers import Row, RowRange, cell_to_text, open_reader


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("columnar")


def read(path: Path, wanted: list[str]) -> list[Row]:
    reader = open_reader(path, path.name, path.suffix[1:], wanted, ReaderOptions())
    parts = [row for part in reader.ranges(1) for row in reader.rows(part)]
    assert list(map(repr, parts)) == list(map(repr, reader.rows(RowRange(path.name))))
    return parts


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rows=st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.integers(-9, 9))))
@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_columnar_reader_restores_rows(rows: list[tuple[str, int | None]], kind: str, folder: Path) -> None:
    table = pa.table(
        {"text": pa.array([one for one, _ in rows], pa.string()), "n": pa.array([n for _, n in rows], pa.int64())}
    )
    path = folder / f"some.{kind}"
    pq.write_table(table, path, row_group_size=2) if kind == "parquet" else orc.write_table(table, path)
    if not rows:
        return
    found = read(path, ["n", "text"])
    assert [(row.values["text"], row.values["n"]) for row in found] == rows
    assert [row.number for row in found] == list(range(1, len(rows) + 1))


def test_columnar_reader_ignores_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    stamps = pa.array(np.array(["2024-01-01T10:00:00.123456789"], "datetime64[ns]"))
    pq.write_table(pa.table({"a": ["x"], "at": stamps, "time": pa.array([5], pa.time64("ns"))}), path)
    assert [row.values for row in read(path, ["a"])] == [{"a": "x"}]
    assert [cell_to_text(row.values["at"]) for row in read(path, ["at"])] == ["2024-01-01 10:00:00.123456789"]
    assert [cell_to_text(row.values["time"]) for row in read(path, ["time"])] == ["00:00:00.000000005"]


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_times_that_differ_by_nanoseconds_are_different_texts(tmp_path: Path, zone: str | None) -> None:
    """They became one category, and one name of several records."""
    path = tmp_path / "some.parquet"
    pq.write_table(pa.table({"at": pa.array([0, 1, 1_000, 10**9, None], pa.timestamp("ns", zone))}), path)
    texts = [cell_to_text(row.values["at"]) for row in read(path, ["at"])]
    second = "1970-01-01 00:00:0"
    assert texts == [f"{second}0", f"{second}0.000000001", f"{second}0.000001", f"{second}1", None]


@pytest.mark.parametrize("kind", [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")])
def test_times_of_a_day_are_written_as_pandas_writes_them_to_csv(tmp_path: Path, kind: pa.DataType) -> None:
    times = [time(1, 2, 3), None, *([] if kind == pa.time32("s") else [time(1, 2, 3, 500_000)])]
    path, csv = tmp_path / "some.parquet", tmp_path / "some.csv"
    pq.write_table(pa.table({"at": pa.array(times, kind)}), path)
    pd.DataFrame({"at": times, "n": 1}).to_csv(csv, index=False)
    expected = pd.read_csv(csv, dtype=str)["at"].fillna("").tolist()
    assert [cell_to_text(row.values["at"]) or "" for row in read(path, ["at"])] == expected


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_moments_that_differ_by_nanoseconds_are_different(tmp_path: Path, zone: str | None) -> None:
    """They were one class, category or identity."""
    path = tmp_path / "some.parquet"
    kind = pa.timestamp("ns", zone)
    numbers = [1_700_000_000_000_000_000 + rest for rest in (0, 1, 2, 1000)] + [-1, None]
    stamps = pa.array(numbers, pa.int64()).cast(kind)
    pq.write_table(pa.table({"at": stamps, "named": stamps.dictionary_encode()}), path)
    begin = "2023-11-14 22:13:20"
    texts = [
        begin,
        f"{begin}.000000001",
        f"{begin}.000000002",
        f"{begin}.000001",
        "1969-12-31 23:59:59.999999999",
        None,
    ]
    for name in ("at", "named"):
        assert [cell_to_text(row.values[name]) for row in read(path, [name])] == texts


def test_columnar_reader_reads_fields_within_fields(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    images = pa.array([{"bytes": b"1", "path": "one.png"}, None])
    pq.write_table(pa.table({"image": images, "review.text": ["a", "b"], "n": [1, 2]}), path)
    names = ["image.bytes", "`review.text`", "n"]
    assert [list(row.values.values()) for row in read(path, names)] == [[b"1", "a", 1], [None, "b", 2]]
    with pytest.raises(ConfigurationError, match=r"columns are: image, image\.bytes, image\.path, review\.text, n"):
        read(path, ["image.data"])


@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_column_with_a_dot_beside_a_structure_of_that_field_is_the_column(tmp_path: Path, kind: str) -> None:
    """Of both, ORC itself takes the name for the field."""
    table = pa.table({"a": [1, 2], "s.x": [5, 6], "s": [{"x": 7, "y": 9}, {"x": 8, "y": 9}]})
    path = tmp_path / f"some.{kind}"
    pq.write_table(table, path) if kind == "parquet" else orc.write_table(table, path)
    assert [list(row.values.values()) for row in read(path, ["s.x", "a"])] == [[5, 1], [6, 2]]
    assert [list(row.values.values()) for row in read(path, ["s.y"])] == [[9], [9]]
    assert [row.values["s"]["x"] for row in read(path, ["s", "s.x"])] == [7, 8]


def test_columnar_reader_gives_names_of_classes_that_datasets_kept(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    features = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    table = pa.table({"label": pa.array([1, 0, None, -1])}).replace_schema_metadata(
        {"huggingface": json.dumps(features)}
    )
    pq.write_table(table, path)
    assert [row.values["label"] for row in read(path, ["label"])] == ["dog", "cat", None, None]


@pytest.mark.parametrize("wrap", ["Sequence", "List", "LargeList", "list"])
def test_columnar_reader_names_the_classes_in_lists(tmp_path: Path, wrap: str) -> None:
    path = tmp_path / "some.parquet"
    names = {"names": ["cat", "dog"], "_type": "ClassLabel"}
    features = {"info": {"features": {"label": [names] if wrap == "list" else {"feature": names, "_type": wrap}}}}
    kind = pa.large_list(pa.int64()) if wrap == "LargeList" else pa.list_(pa.int64())
    table = pa.table({"label": pa.array([[1, 0], [], None, [-1]], kind)})
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), path)
    assert [row.values["label"] for row in read(path, ["label"])] == [["dog", "cat"], [], None, []]


@pytest.mark.parametrize("labels", [[0, 7], [[0], [1, 7]], [0, -2]])
def test_columnar_reader_rejects_an_index_without_a_class_name(tmp_path: Path, labels: list[object]) -> None:
    path = tmp_path / "some.parquet"
    features = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    table = pa.table({"label": labels}).replace_schema_metadata({"huggingface": json.dumps(features)})
    pq.write_table(table, path)
    first, second = read(path, ["label"])
    assert first.rejection is None
    assert re.fullmatch(r"bad_label: the label (7|-2) is not an index of the 2 .*", str(second.rejection))


DIGITS = "12345678901234567890123456789"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (pa.scalar(0.1, pa.float32()), "0.1"), (pa.scalar(3.0), "3"), (pa.scalar(float("nan")), None),
        (pa.scalar(True), "true"), (pa.scalar(2**60), str(2**60)), (pa.scalar("x").cast(pa.large_string()), "x"),
        (pa.scalar(datetime(2024, 1, 1, 10, tzinfo=UTC), pa.timestamp("us", "Asia/Kolkata")), "2024-01-01 10:00:00"),
        (pa.scalar("x", pa.dictionary(pa.int8(), pa.string())), "x"),
        (pa.scalar(Decimal("1.00")), "1"), (pa.scalar(Decimal("-0.00")), "0"), (pa.scalar(Decimal("2.50")), "2.5"),
        (pa.scalar(Decimal(100)), "100"), (pa.scalar(Decimal("12345678901234567890123456789.01")), f"{DIGITS}.01"),
        (pa.scalar(timedelta(seconds=5), pa.duration("ms")), "5"),
        (pa.scalar(timedelta(seconds=5), pa.duration("s")), "5"),
        (pa.scalar(timedelta(days=-1, microseconds=1500), pa.duration("ns")), "-86399.9985"),
    ],
)  # fmt: skip
def test_cell_text_has_no_more_than_the_type_says(tmp_path: Path, value: pa.Scalar, text: str | None) -> None:
    path = tmp_path / "some.parquet"
    pq.write_table(pa.table({"a": pa.array([value.as_py()], value.type)}), path)
    assert [cell_to_text(row.values["a"]) for row in read(path, ["a"])] == [text]


def test_columnar_reader_reports_what_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match=r"some\.parquet cannot be read as parquet"):
        read(path, ["a"])
