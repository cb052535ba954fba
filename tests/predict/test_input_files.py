"""What `headrace predict` takes for its inputs: files, folders, patterns and standard input; names of records."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import PIL.Image
import pytest

from headrace.predict.records.text_format_detection import detect_format
from tests.predict.conftest import PIXELS
from tests.support.commands import headrace_within
from tests.support.small_table import Content, some_rows, write_table

pytestmark = [pytest.mark.usefixtures("spark"), pytest.mark.tensorflow]

TypeIn = Callable[[bytes], None]


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """Two folders with images of equal names, and files that are no data."""
    for number, name in enumerate(("day1/a.png", "day1/b.png", "day2/a.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        PIL.Image.fromarray(PIXELS[number]).save(tmp_path / name)
    (tmp_path / "day1" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "day1" / ".hidden.png").write_bytes(b"x")
    return tmp_path


def predicted(folder: Path, *words: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """Predict into a new folder; return the printed result and the rows."""
    result = headrace_within("predict", *words, "output", cwd=folder).json
    return result, pd.read_parquet(folder / "output")


def refused(folder: Path, code: int, *words: str) -> str:
    """Return the sentence with which a prediction that writes nothing ends."""
    ended = headrace_within("predict", *words, "output", cwd=folder, code=code)
    assert ended.stdout == ""
    assert not [path for path in folder.iterdir() if "output" in path.name]
    return ended.last_error_line


@pytest.mark.parametrize(
    ("words", "names", "skipped"),
    [
        (("day1",), ["a.png", "b.png"], 2),
        (("day1/b.png",), ["b.png"], 0),
        (("day1", "day2"), ["day1/a.png", "day1/b.png", "day2/a.png"], 2),
        (("day2/a.png", "day1/a.png"), ["day2/a.png", "day1/a.png"], 0),
        (("day*/a.png",), ["day1/a.png", "day2/a.png"], 0),
        (("day1/b*",), ["day1/b.png"], 0),
        (("day1/*", "day2"), ["day1/a.png", "day1/b.png", "day2/a.png"], 1),
    ],
)
def test_records_are_named_after_their_inputs(
    photo_bundle: Path, days: Path, words: tuple[str, ...], names: list[str], skipped: int
) -> None:
    result, rows = predicted(days, str(photo_bundle), *words)
    assert rows["path"].tolist() == names
    found = {key: result[key] for key in ("rows", "rejected", "skipped", "taken_for", "limited")}
    expected = {"rows": len(names), "rejected": 0, "skipped": skipped, "taken_for": ["images"], "limited": False}
    assert found == expected


def test_file_whose_name_is_a_pattern_is_that_file(
    photo_bundle: Path, days: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (days / "day1" / "[ab].png").write_bytes((days / "day2" / "a.png").read_bytes())
    _, rows = predicted(days, str(photo_bundle), "day1/[ab].png")
    assert rows["path"].tolist() == ["[ab].png"]
    assert "day1/[ab].png is taken for the file of that name" in caplog.text


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("day1", "day1/a.png"), 2, "day1/a.png is in two inputs"),
        (("day1/*.jpg",), 3, "day1/*.jpg matches no file"),
        (("day3",), 3, "day3 does not exist (looked for at {folder}/day3)"),
        (("table", "day1"), 2, "is a table, which is predicted alone"),
        (("pipe",), 3, "pipe is a pipe or a device"),
        (("-", "-"), 2, "is in two inputs"),
        (("day1/Thumbs.db*",), 3, "holds no files"),
        (("day1", "--id", "name"), 2, "--id and --option are of files of many texts"),
    ],
)
def test_unsuitable_inputs_are_one_sentence(
    photo_bundle: Path, days: Path, type_in: TypeIn, words: tuple[str, ...], code: int, sentence: str
) -> None:
    type_in(b"")
    os.mkfifo(days / "pipe")
    write_table(days / "table", Content(splits={"train": some_rows(3, shape=(12, 10, 3))}))
    assert sentence.format(folder=days) in refused(days, code, str(photo_bundle), *words)


def test_links_to_files_of_other_inputs_are_warned_of(
    photo_bundle: Path, days: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Stores keep equal files once, so that each may be meant."""
    (days / "day2" / "link.png").symlink_to("../day1/a.png")
    (days / "day2" / "hard.png").hardlink_to(days / "day1" / "b.png")
    assert predicted(days, str(photo_bundle), "day1", "day2")[0]["rows"] == 5
    assert "2 files are linked to others of the inputs" in caplog.text
    assert "such as 'day2/hard.png' to 'day1/b.png'" in caplog.text


def test_archives_and_tables_are_not_images(photo_bundle: Path, days: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Otherwise a thousand images were one reject, with exit code 0."""
    (days / "more").mkdir()
    extract, name_folder = "extract its images into a folder", "name the folder of the images that it lists"
    for name, kind, remedy in (
        ("x.zip", "an archive", extract),
        ("x.tar.gz", "an archive", extract),
        ("x.parquet", "a table", extract),
        ("x.csv", "a table", name_folder),
        ("x.jsonl", "a table", name_folder),
    ):
        (days / "more" / name).write_bytes(b"1")
        sentence = refused(days, 3, str(photo_bundle), f"more/{name}")
        assert f"is {kind}, and each file is one image; {remedy}, or prepare it" in sentence
    assert "is an archive" in refused(days, 3, str(photo_bundle), "more")
    (days / "day1" / "x.zip").write_bytes(b"1")
    result, _ = predicted(days, str(photo_bundle), "day1")
    assert (result["rows"], result["rejected"]) == (2, 1)
    assert "1 archives, such as 'x.zip', are not opened" in caplog.text


def test_texts_in_files_and_in_folders_are_not_mixed(text_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "one.txt").write_text("a splendid film")
    (tmp_path / "many.txt").write_text("a splendid film\na dreadful film\n")
    bundle = str(text_bundle)
    assert "take them separately" in refused(tmp_path, 2, bundle, "folder", "many.txt")
    (tmp_path / "folder" / "table.csv").write_text("review\na splendid film\n")
    assert "table.csv, a file of many texts" in refused(tmp_path, 3, bundle, "folder")


def test_files_of_texts_keep_their_names_and_lines(text_bundle: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "texts.txt").write_text(f"a splendid film\n\na dreadful {folder}\n")
    (tmp_path / "a" / "texts.csv").write_text('id,review\n1,"two\nlines"\n')
    result, rows = predicted(tmp_path, str(text_bundle), "*/texts.txt", "a/texts.csv")
    assert list(zip(rows["path"], rows["line"], strict=True)) == [
        ("a/texts.txt", 1), ("a/texts.txt", 3), ("b/texts.txt", 1), ("b/texts.txt", 3), ("a/texts.csv", 2),
    ]  # fmt: skip
    assert (result["rows"], result["rejected"], result["taken_for"]) == (5, 2, ["csv", "lines"])
    rejects = pd.read_parquet(tmp_path / "output" / "_rejects")
    assert sorted(rejects["path"]) == ["a/texts.txt:2", "b/texts.txt:2"]


@pytest.mark.parametrize(
    ("data", "taken_for", "lines"),
    [
        ("a splendid film\n\na dreadful one", "lines", [1, 3]),
        ('{"review": "a splendid film"}\n{"review": "a dreadful one"}\n', "json", [1, 2]),
        ('id;review\n1;"a splendid\nfilm"\n2;a dreadful one\n', "csv", [2, 4]),
    ],
)
def test_standard_input_says_what_it_was_taken_for(
    text_bundle: Path, tmp_path: Path, type_in: TypeIn, data: str, taken_for: str, lines: list[int]
) -> None:
    type_in(data.encode())
    result, rows = predicted(tmp_path, str(text_bundle), "-")
    assert (result["taken_for"], set(rows["path"]), rows["line"].tolist()) == ([taken_for], {"-"}, lines)
    (tmp_path / f"texts.{taken_for}").write_text(data)
    headrace_within("predict", str(text_bundle), f"texts.{taken_for}", "file", cwd=tmp_path)
    file = pd.read_parquet(tmp_path / "file")
    assert rows["probabilities"].map(list).tolist() == file["probabilities"].map(list).tolist()


def test_standard_input_of_images_is_one_image(photo_bundle: Path, days: Path, type_in: TypeIn) -> None:
    type_in((days / "day1" / "a.png").read_bytes())
    result, rows = predicted(days, str(photo_bundle), "-")
    assert (result["rows"], rows["path"].tolist()) == (1, ["-"])
    headrace_within("predict", str(photo_bundle), "day1/a.png", "file", cwd=days)
    assert rows["label"].tolist() == pd.read_parquet(days / "file")["label"].tolist()


def test_standard_input_without_content_is_refused(
    photo_bundle: Path, text_bundle: Path, tmp_path: Path, type_in: TypeIn
) -> None:
    for bundle in (photo_bundle, text_bundle):
        type_in(b"")
        assert "is empty; expected texts, or the bytes of one image or audio file" in refused(
            tmp_path, 3, str(bundle), "-"
        )
    type_in(b"a splendid film")
    sentence = refused(tmp_path, 2, str(text_bundle), "-", "--column", "body")
    assert "was taken for lines of text, which have no column 'body'" in sentence
    for head, name in ((b"PAR1", "a Parquet file"), (b"\x89PNG\r\n", "a PNG image")):
        type_in(head)
        assert f"Standard input is {name}" in refused(tmp_path, 3, str(text_bundle), "-")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("review\na film", "csv"),
        ("id,review\n", "csv"),
        ("a film, and a review\n", "lines"),
        ('{"a": 1}', "json"),
        ('[\n {"a": 1}\n]', "json"),
        ("{a film} [1]", "lines"),
        ('"id"\t"review"\n', "csv"),
        ("\ufeffid,review\n", "csv"),
        ("123", "lines"),
        ("[1]", "lines"),
        ("a film\ranother, film\r", "lines"),
    ],
)
def test_format_of_standard_input_follows_its_first_record(text: str, expected: str) -> None:
    assert detect_format(text, "review") == expected


def test_limit_takes_the_first_records(photo_bundle: Path, text_bundle: Path, days: Path) -> None:
    result, rows = predicted(days, str(photo_bundle), "day*", "--limit", "2")
    assert (rows["path"].tolist(), result["limited"]) == (["day1/a.png", "day1/b.png"], True)
    (days / "texts.jsonl").write_text("".join(json.dumps({"review": f"a film {n}"}) + "\n" for n in range(9)))
    (days / "more.txt").write_text("\none\n")
    for limit, expected, limited in ((7, 7, True), (10, 10, True), (11, 11, False), (12, 11, False)):
        words = ("predict", str(text_bundle), "texts.jsonl", "more.txt", f"limit{limit}", "--limit", str(limit))
        result = headrace_within(*words, cwd=days).json
        assert (result["rows"] + result["rejected"], result["limited"]) == (expected, limited)
    write_table(
        days / "table",
        Content(splits={"train": some_rows(5, shape=(12, 10, 3)), "test": some_rows(4, shape=(12, 10, 3))}),
    )
    result = headrace_within("predict", str(photo_bundle), "table", "rows", "--limit", "7", cwd=days).json
    assert (result["rows"], result["limited"], len(pd.read_parquet(days / "rows"))) == (7, True, 7)


def test_last_argument_is_the_output(photo_bundle: Path, days: Path) -> None:
    """A forgotten output would else be the last of the files."""
    ended = headrace_within("predict", str(photo_bundle), "day1/a.png", "day1/b.png", cwd=days, code=2)
    assert "The output day1/b.png exists" in ended.last_error_line
    ended = headrace_within("predict", str(photo_bundle), "day1", "-", cwd=days, code=2)
    assert "standard output" in ended.last_error_line
    headrace_within("predict", str(photo_bundle), "day1", cwd=days, code=2)
