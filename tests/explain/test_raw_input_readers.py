"""Readers of raw inputs, and their errors."""

import json
from pathlib import Path

import pytest

from headrace.config.configuration import Text
from headrace.errors import ConfigurationError, DataError
from headrace.explain.raw_input_readers import RawInput, raw_images, raw_texts
from headrace.prepare.rejects.rejection import Reason

TEXTS = ["one, two", "drei\u2028vier", "five"]


def read_texts(file: Path, column: str | None = None, limit: int = 9) -> list[str]:
    """Return the texts of a file."""
    return [_characters(raw) for raw in raw_texts(file, limit, column, Text())]


def _characters(raw: RawInput) -> str:
    """Return the text of an input as characters."""
    return raw.data.decode("utf-8-sig") if isinstance(raw.data, bytes) else raw.data


def test_lines_are_texts_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffone, two\r\n\ndrei\u2028vier\nfive\n".encode())
    records = raw_texts(tmp_path / "a.txt", 9, None, Text())
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


def test_limit_takes_texts_from_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(str(number) for number in range(100)))
    assert read_texts(tmp_path / "a.txt", limit=4) == ["0", "25", "50", "75"]


def test_folder_is_read_as_whole_files_in_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2.png", "a/1.png", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert [(raw.path, raw.data) for raw in raw_images(tmp_path, 9)] == [
        ("a/1.png", b"a/1.png"),
        ("b/2.png", b"b/2.png"),
    ]
    assert [raw.path for raw in raw_texts(tmp_path, 1, None, Text())] == ["a/1.png"]
    assert [raw.path for raw in raw_images(tmp_path / "a" / "1.png", 9)] == ["1.png"]


@pytest.mark.parametrize("line", ["{", "[1]"])
def test_damaged_record_is_returned_with_its_rejection(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"text": "one"}}\n{line}\n')
    sound, damaged = raw_texts(tmp_path / "a.jsonl", 9, "text", Text())
    assert (sound.data, sound.rejection) == ("one", None)
    assert damaged.path == "a.jsonl:2"
    assert damaged.rejection is not None
    assert damaged.rejection.reason is Reason.DAMAGED


def test_file_without_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n \n")
    with pytest.raises(DataError, match="contains no text"):
        read_texts(tmp_path / "a.txt")


def test_missing_input_is_refused(tmp_path: Path) -> None:
    for read in (lambda path: raw_images(path, 1), read_texts):
        with pytest.raises(DataError, match=r"does not exist|cannot be read"):
            read(tmp_path / "absent")
