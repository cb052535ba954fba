"""JSON lines, arrays and series of objects are distinguished by their content, and give the same rows."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.config.table_reader_options import parse_reader_options
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers import Row, json_decoding, open_reader
from headrace.prepare.rejects.reasons_and_exceptions import Reason

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = TEXTS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
ROWS = st.lists(st.fixed_dictionaries({"a": VALUES, "b": st.lists(TEXTS, max_size=3)}), min_size=1, max_size=6)
SETTINGS = settings(max_examples=100, deadline=None, derandomize=True)
FORMS = {
    "lines": lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
    "windows lines": lambda rows: "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
    "array": json.dumps,
    "array over lines": lambda rows: json.dumps(rows, indent=2),
    "series": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json")


def read(path: Path, wanted: list[str], max_bytes: int = 2**26, max_rows: int | None = None) -> list[Row]:
    reader = open_reader(path, path.name, "json", wanted, parse_reader_options("json", {}))
    return [row for part in reader.ranges(max_bytes, max_rows) for row in reader.rows(part)]


def values(rows: list[Row]) -> list[Any]:
    return [dict(row.values) for row in rows]


@SETTINGS
@given(rows=ROWS, form=st.sampled_from(sorted(FORMS)), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_json_reader_restores_rows_of_every_form(
    rows: list[dict[str, Any]], form: str, encoding: str, folder: Path
) -> None:
    path = folder / "some.json"
    path.write_bytes(FORMS[form](rows).encode(encoding))
    assert values(read(path, ["a", "b"])) == rows
    assert values(read(path, ["a", "b"], 5)) == rows
    assert values(read(path, ["a", "b"], 2**62, 2)) == rows


def test_json_reader_reads_arrays_longer_than_its_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_decoding, "CHARACTERS", 7)
    path = tmp_path / "long.json"
    rows = [{"a": "x" * 30, "n": number} for number in range(20)]
    path.write_text(json.dumps(rows, indent=1))
    assert values(read(path, ["a", "n"])) == rows


def test_json_reader_rejects_damaged_lines_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": \n\n[1]\n{"a": "\xff"}\n{"a": "\\ud800"}\n{"b": 2}\n')
    rows = read(path, ["a"])
    reasons = [(row.number, row.rejection and row.rejection.reason) for row in rows]
    assert reasons == [
        (1, None), (2, Reason.DAMAGED), (4, Reason.DAMAGED), (5, Reason.NOT_TEXT), (6, Reason.NOT_TEXT), (7, None),
    ]  # fmt: skip
    assert rows[-1].values == {"a": None}
    assert str(rows[1].rejection) == "damaged: line 2 is not a JSON object: Expecting value at character 8"


@pytest.mark.parametrize(
    "text", ['{"a": 1}{"a": 2}', '{"a": 1}\r{"a": 2}\r', '[{"a": 1}, {"a": 2}]\n \n', '{"a": 1} {"a": 2}\n']
)
def test_json_reader_reads_objects_however_they_are_divided(tmp_path: Path, text: str) -> None:
    (tmp_path / "some.json").write_bytes(text.encode())
    assert values(read(tmp_path / "some.json", ["a"])) == [{"a": 1}, {"a": 2}]


def test_json_reader_says_that_lines_are_arrays_and_not_objects(tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text('["a text", "a"]\n["another", "b"]\n')
    with pytest.raises(DataError, match="has an array after another at line 1; expected an object for each record"):
        read(tmp_path / "some.json", ["a"])


@pytest.mark.parametrize("text", ['[{"a": 1}]\n[{"a": 2}]\n', '[{"a": 1}] {"a": 2}', '[{"a": 1}],'])
def test_json_reader_refuses_what_follows_an_array(tmp_path: Path, text: str) -> None:
    (tmp_path / "some.json").write_text(text)
    with pytest.raises(DataError, match="continues after the end of its JSON array at line 1"):
        read(tmp_path / "some.json", ["a"])


@pytest.mark.parametrize(("text", "line"), [('[{"a": 1},\n{"a": 2}', 2), ('[{"a": 1},\n{"a" 2}]', 2), ('[\n\n{"a"', 3)])
def test_json_reader_reports_where_an_array_is_damaged(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "some.json").write_text(text)
    with pytest.raises(DataError, match=f"is damaged at line {line}: [^0-9]*( [0-9]+ of the value there)?\\.$"):
        read(tmp_path / "some.json", ["a"])


def test_json_reader_finds_fields_within_fields(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text('{"a": {"b": {"c": 1}}, "x.y": 2, "z": {"p.q": {"r": 3}}}\n{"a": 5}\n')
    names = ["a.b.c", "x.y", "`x.y`", "z.p.q.r"]
    assert values(read(path, names)) == [dict(zip(names, [1, 2, 2, 3], strict=True)), dict.fromkeys(names)]
    with pytest.raises(ConfigurationError, match=r"has no column 'a\.c'; its columns are: a, x\.y, z"):
        read(path, ["a.c"])


def test_json_reader_says_where_a_name_leads_into_a_list(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": {"b": [{"c": 1}]}}\n')
    with pytest.raises(ConfigurationError, match=r"has no column 'a\.b\.c'; a\.b is a list, and names lead through"):
        open_reader(path, path.name, "json", ["a.b.c"], parse_reader_options("json", {}))


def test_json_reader_says_how_to_take_records_out_of_an_object(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text('{"version": 1, "items": [{"text": "a"}, {"text": "b"}]}')
    with pytest.raises(ConfigurationError, match=r"objects, 'items'; .*jq -c '\.\[\"items\"\]\[\]' export\.json"):
        read(path, ["text"])


def test_json_reader_refuses_columns_as_pandas_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "frame.json"
    pd.DataFrame({"text": ["a", "b"], "label": [1, 2]}).to_json(path)
    with pytest.raises(DataError, match=r"as pandas writes by default; .* orient='records', lines=True"):
        read(path, ["text", "label"])


def test_records_of_an_array_are_numbered_even_on_one_line(tmp_path: Path) -> None:
    """Predictions are joined to their inputs by this number."""
    path = tmp_path / "array.json"
    path.write_text('[{"a": "x"}, {"a": "y"}, 3]')
    rows = read(path, ["a"])
    assert [row.number for row in rows] == [1, 2, 3]
    assert "record 3: expected a JSON object" in str(rows[2].rejection)


@pytest.mark.parametrize("text", ['{"a": "x", "b": 1, "a": "y"}\n{"a": "z"}', '[{"a": "x", "a": "y"}, {"a": "z"}]'])
def test_object_with_a_key_twice_is_rejected(tmp_path: Path, text: str) -> None:
    """Python's json keeps the last value, and others the first."""
    path = tmp_path / "twice.json"
    path.write_text(text)
    rows = read(path, ["a"])
    assert "1 has a key twice" in str(rows[0].rejection)
    assert rows[1].values == {"a": "z"}


@pytest.mark.parametrize(
    "text", ['\ufeff{"text": "a"}\n\ufeff{"text": "b"}\n', '\ufeff{"text":\n"a"}\n\ufeff{"text":\n"b"}']
)
def test_byte_order_marks_where_files_were_joined_are_left_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "joined.json"
    path.write_text(text)
    assert [row.values for row in read(path, ["text"])] == [{"text": "a"}, {"text": "b"}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"text": ["a b", "c d"], "label": ["x", "y"]}', "is one object with columns in it"),
        (
            '{"columns": ["text", "label"], "data": [["a", "x"]]}',
            "has columns and rows, as pandas writes",
        ),
        (
            '\x1e{"text": "a", "label": "x"}\n\x1e{"text": "b", "label": "y"}\n',
            "record separators .*; .* tr -d",
        ),
    ],
)
def test_other_forms_of_json_are_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises((DataError, ConfigurationError), match=sentence):
        read(tmp_path / "a.json", ["text", "label"])


def test_arrays_in_an_array_are_quoted_in_brief(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[["a text of many words that is longer than what a message quotes of it", "x"]]')
    (row,) = read(tmp_path / "a.json", ["text"])
    assert row.rejection is not None
    assert row.rejection.detail.endswith("received ['a text of ma... quotes of it', 'x']")


def test_text_in_place_of_an_object_is_refused_with_the_object_to_write(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('["great movie", "awful film"]')
    first, second = (str(row.rejection) for row in read(tmp_path / "a.json", ["review"]))
    assert 'such as {"review": "..."}, received \'great movie\'; write each text as such an object, or' in first
    assert second.endswith("as a line of a .txt file")
    (row, _) = read(tmp_path / "a.json", ["review", "stars"])
    assert str(row.rejection).endswith('such as {"review": "...", "stars": "..."}, received \'great movie\'')
