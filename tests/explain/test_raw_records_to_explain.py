"""Readers of raw inputs, and their errors."""

import json
from pathlib import Path

import pytest

from headrace.config.configuration_model import Prepare
from headrace.errors import ConfigurationError, DataError
from headrace.explain.job import choose_spread
from headrace.explain.raw_records_to_explain import RawInput, RawInputs, raw_files, raw_texts
from headrace.prepare.rejects.reasons_and_exceptions import Reason

pytestmark = pytest.mark.tensorflow

IMAGE, TEXT = Prepare(input="image"), Prepare(input="text")
TEXTS = ["one, two", "drei\u2028vier", "five"]


def read_texts(file: Path, column: str | None = None) -> list[str]:
    """Return the texts of a file."""
    return [_characters(raw) for raw in read_all(raw_texts(file, column, TEXT))]


def read_all(inputs: RawInputs) -> list[RawInput]:
    """Return all inputs."""
    return [inputs.read(index) for index in range(inputs.count)]


def _characters(raw: RawInput) -> str:
    """Return the text of an input as characters."""
    return raw.data.decode("utf-8-sig") if isinstance(raw.data, bytes) else raw.data


def test_lines_are_texts_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffone, two\r\n\ndrei\u2028vier\nfive\n".encode())
    inputs = raw_texts(tmp_path / "a.txt", None, TEXT)
    records = read_all(inputs)
    assert inputs.skipped == {"blank_line": 1}
    assert [raw.path for raw in records] == ["a.txt:1", "a.txt:3", "a.txt:4"]
    assert [_characters(raw) for raw in records] == TEXTS


def test_json_and_csv_rows_are_read_from_one_column(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"review": t, "stars": 3}) + "\n" for t in TEXTS))
    rows = "".join(f'3,"{text}"\n' for text in [*TEXTS, "with a\nbreak"])
    (tmp_path / "a.csv").write_text(f"stars,review\n{rows}")
    assert read_texts(tmp_path / "a.jsonl", "review") == TEXTS
    assert read_texts(tmp_path / "a.csv", "review") == [*TEXTS, "with a\nbreak"]


def test_missing_column_is_reported_with_existing_ones(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("stars,review\n3,one\n")
    with pytest.raises(ConfigurationError, match="no column 'body'; its columns are: stars, review"):
        read_texts(tmp_path / "a.csv", "body")
    with pytest.raises(ConfigurationError, match="It is not known which column of .* holds the texts"):
        read_texts(tmp_path / "a.csv")


def test_limit_takes_inputs_from_the_whole_and_the_next_for_refused_ones() -> None:
    assert choose_spread(100, 4, lambda _: True) == [0, 25, 50, 75]
    assert choose_spread(100, 4, lambda index: index not in (25, 26, 75)) == [0, 27, 50, 76]
    assert choose_spread(6, 4, lambda index: index in (1, 5)) == [1, 5]
    tried: list[int] = []
    assert choose_spread(5, 9, lambda index: tried.append(index) or index == 2) == [2]
    assert sorted(tried) == [0, 1, 2, 3, 4]


def test_folder_is_read_as_whole_files_in_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2.png", "a/1.png", ".hidden", "Thumbs.db", "a/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    inputs = raw_files(tmp_path, IMAGE)
    assert [(raw.path, raw.data) for raw in read_all(inputs)] == [("a/1.png", b"a/1.png"), ("b/2.png", b"b/2.png")]
    assert inputs.skipped == {"hidden_or_system_file": 3}
    assert [raw.path for raw in read_all(raw_texts(tmp_path, None, TEXT))] == ["a/1.png", "b/2.png"]
    assert [raw.path for raw in read_all(raw_files(tmp_path / "a" / "1.png", IMAGE))] == ["1.png"]


def test_large_file_is_rejected_unread(tmp_path: Path) -> None:
    (tmp_path / "large.png").touch()
    (tmp_path / "large.png").open("r+b").truncate(10**12)
    (raw,) = read_all(raw_files(tmp_path, IMAGE))
    assert raw.rejection is not None
    assert raw.rejection.reason is Reason.TOO_MANY_BYTES


@pytest.mark.parametrize("line", ["{", "[1]"])
def test_damaged_record_is_returned_with_its_rejection(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"text": "one"}}\n{line}\n')
    sound, damaged = read_all(raw_texts(tmp_path / "a.jsonl", "text", TEXT))
    assert (sound.data, sound.rejection) == ("one", None)
    assert damaged.path == "a.jsonl:2"
    assert damaged.rejection is not None
    assert damaged.rejection.reason is Reason.DAMAGED


def test_file_without_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n \n")
    with pytest.raises(DataError, match="contains no text"):
        read_texts(tmp_path / "a.txt")


def test_missing_input_is_refused(tmp_path: Path) -> None:
    for read in (lambda path: raw_files(path, IMAGE), read_texts):
        with pytest.raises(DataError, match=r"does not exist|cannot be read"):
            read(tmp_path / "absent")
