"""Raw inputs are read as their files hold them; what cannot be read is said in a sentence."""

import json
from pathlib import Path

import pytest

from headrace.config.configuration import Text
from headrace.errors import ConfigurationError, DataError
from headrace.explain.raw_inputs import RawInput, raw_images, raw_texts
from headrace.prepare.rejection import Reason

TEXTS = ["one, two", "drei\u2028vier", "five"]


def texts(file: Path, column: str | None = None, limit: int = 9) -> list[str]:
    return [_characters(raw) for raw in raw_texts(file, limit, column, Text())]


def _characters(raw: RawInput) -> str:
    return raw.data.decode("utf-8-sig") if isinstance(raw.data, bytes) else raw.data


def test_lines_are_texts_and_empty_ones_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffone, two\r\n\ndrei\u2028vier\nfive\n".encode())
    found = raw_texts(tmp_path / "a.txt", 9, None, Text())
    assert [raw.path for raw in found] == ["a.txt:1", "a.txt:3", "a.txt:4"]
    assert [_characters(raw) for raw in found] == TEXTS


def test_rows_of_json_and_csv_give_one_column(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"review": t, "stars": 3}) + "\n" for t in TEXTS))
    rows = "".join(f'3,"{text}"\n' for text in [*TEXTS, "with a\nbreak"])
    (tmp_path / "a.csv").write_text(f"stars,review\n{rows}")
    assert texts(tmp_path / "a.jsonl", "review") == TEXTS
    assert texts(tmp_path / "a.csv", "review") == [*TEXTS, "with a\nbreak"]


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("stars,review\n3,one\n")
    with pytest.raises(ConfigurationError, match="no column 'body'; its columns are: stars, review"):
        texts(tmp_path / "a.csv", "body")
    with pytest.raises(ConfigurationError, match="Nothing says which column of .* holds the texts"):
        texts(tmp_path / "a.csv")


def test_a_limit_takes_texts_from_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(str(number) for number in range(100)))
    assert texts(tmp_path / "a.txt", limit=4) == ["0", "25", "50", "75"]


def test_a_folder_gives_whole_files_by_their_names(tmp_path: Path) -> None:
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
def test_a_damaged_record_is_kept_with_why_it_cannot_be_used(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"text": "one"}}\n{line}\n')
    sound, damaged = raw_texts(tmp_path / "a.jsonl", 9, "text", Text())
    assert (sound.data, sound.rejection) == ("one", None)
    assert damaged.path == "a.jsonl:2"
    assert damaged.rejection is not None
    assert damaged.rejection.reason is Reason.DAMAGED


def test_a_file_without_texts_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n \n")
    with pytest.raises(DataError, match="holds no text"):
        texts(tmp_path / "a.txt")


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    for read in (lambda path: raw_images(path, 1), texts):
        with pytest.raises(DataError, match=r"is not there|cannot be read"):
            read(tmp_path / "absent")
