"""A folder of files with their labels in a file next to them."""

import json
from pathlib import Path

import pytest

from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources import LABELS_FILE, read_records
from headrace.prepare.sources.folders.labels_file import list_labelled


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    if name.endswith("csv"):
        lines = [
            "path,label,split",
            *(",".join(str(row.get(key, "")) for key in ("path", "label", "split")) for row in rows),
        ]
    else:
        lines = [json.dumps(row) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


@pytest.mark.parametrize("name", ["labels.csv", "labels.jsonl"])
def test_labels_and_splits_are_those_of_the_file(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a").mkdir()
    for path in ("a/1.png", "2.png", "unnamed.png"):
        (tmp_path / path).write_bytes(b"abc")
    rows: list[dict[str, object]] = [
        {"path": "a/1.png", "label": "cat", "split": "train"},
        {"path": "2.png", "label": 10},
        {"path": "gone.png", "label": 9},
        {"path": "../outside.png", "label": 9},
    ]
    write(tmp_path, name, rows)
    listing = list_labelled(str(tmp_path), name)
    assert [(one.path, one.label, one.split, one.size) for one in listing.files] == [
        ("../outside.png", "9", None, -1),
        ("2.png", "10", None, 3),
        ("a/1.png", "cat", "train", 3),
        ("gone.png", "9", None, -1),
    ]
    assert listing.classes == ("9", "10", "cat")
    assert f"{name} does not name 1 file of its folder; left out, for example: 'unnamed.png'" in caplog.text


def test_wrong_labels_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    def refusal(name: str, content: str) -> str:
        (tmp_path / name).write_text(content)
        with pytest.raises(DataError) as refused:
            list_labelled(str(tmp_path), name)
        return str(refused.value)

    assert "names no files" in refusal("a.csv", "path,label\n")
    assert "Line 2 of" in refusal("a.csv", "path,label\n,cat\n")
    assert "Line 1 of" in refusal("a.jsonl", '{"path": "1.png", "label": {"cat": 1}}\n')
    assert "names '1.png' again" in refusal("a.csv", "path,label\n1.png,cat\n1.png,dog\n")
    assert "names '1.png' again" in refusal("a.csv", "path,label\n1.png,cat\n./1.png,dog\n")
    assert "Line 1 of" in refusal("a.jsonl", '{"path": "1.png", "label": ["cat"]}\n')
    assert "is not valid CSV or JSON in UTF-8: line 1 is not a JSON object" in refusal("a.jsonl", "{")
    assert "record 1: expected a JSON object" in refusal("a.jsonl", "[1]\n")
    assert "line 2 has 3 fields; expected 2" in refusal("a.csv", "path,label\n1.png,cat,dog\n")
    repeated = refusal("a.csv", "path,label\n1.png,cat\npath,label\n")
    assert repeated.endswith("cannot be used: line 3 repeats the header, as in concatenated files; remove that line.")
    swallowed = refusal("a.csv", 'path,label,note\n0.png,a,z\n1.png,a,"z\n2.png,b,z\n3.png,a,z"\n')
    assert swallowed.endswith("looks like a complete record.")
    with pytest.raises(DataError, match="cannot be read"):
        list_labelled(str(tmp_path), "nowhere.csv")


@pytest.mark.parametrize("header", ["file,label", "Path,Label,Split", "path,class"])
def test_labels_file_without_a_column_names_those_that_it_has(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n1.png,cat\n")
    found = rf"has no column '(path|label)'.*: {header.replace(',', ', ')}; expected path"
    with pytest.raises(ConfigurationError, match=f"{found}.*data.source.kind: table takes columns of other names"):
        list_labelled(str(tmp_path), "a.csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "\ufeffpath;label;weight\n1.png;cat;2\n"),
        ("a.tsv", "path\tlabel\tweight\n1.png\tcat\t2\n"),
        ("a.csv", 'path, label, weight\n1.png, "cat", 2\n'),
        ("a.json", '[{"path": "1.png", "label": "cat", "weight": 2}]'),
    ],
)
def test_labels_file_has_any_dialect_of_tables(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    (file,) = list_labelled(str(tmp_path), name).files
    assert (file.path, file.label, file.split, file.weight) == ("1.png", "cat", None, "2")


def test_list_of_names_is_a_label_of_multi_label_records_only(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"path": "1.png", "label": ["cat", "dog"]}\n')
    assert list_labelled(str(tmp_path), "a.jsonl", "multi_label").files[0].label == '["cat", "dog"]'
    with pytest.raises(DataError, match=r"Line 1 of .* lists of names need prepare\.task: multi_label"):
        list_labelled(str(tmp_path), "a.jsonl")


def test_labels_file_may_have_spaces_around_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(" path, label\n1.png,cat\n")
    assert [(one.path, one.label) for one in list_labelled(str(tmp_path), "a.csv").files] == [("1.png", "cat")]


def test_reject_of_a_file_without_a_label_names_the_labels_file(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"abc")
    (tmp_path / "a.jsonl").write_text('{"path": "1.png", "label": null}\n')
    listing = list_labelled(str(tmp_path), "a.jsonl")
    (record,) = read_records(LABELS_FILE, listing.root, listing.files, 10)
    assert str(record.rejection) == "no_label: its line of the labels file has no label"
