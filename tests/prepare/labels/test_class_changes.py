"""Classes without a record: an increment keeps and reports them, a full preparation determines the classes again."""

import logging
from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.prepare.job import prepare
from headrace.prepare.labels.class_changes import ClassChanges, report_classes
from headrace.table import read
from tests.support.raw_images import configuration


def csv_configuration(tmp_path: Path, label: str) -> Configuration:
    """To prepare texts.csv, with the column `label` as labels."""
    columns = {"input": "text", "label": label}
    source = {"kind": "table", "path": str(tmp_path / "texts.csv"), "format": "csv", "columns": columns}
    tree: dict[str, Any] = {
        "data": {"source": source | {"options": {"header": "true"}}, "table": str(tmp_path / "table")},
        "prepare": {"input": "text"},
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }
    return Configuration.model_validate(tree)


def write_texts(path: Path) -> None:
    """Texts of three classes, beside a column of eight other values."""
    names = ("good", "bad", "odd")
    rows = [f"the {names[number % 3]} text {number},{names[number % 3]},reason {number % 8}" for number in range(60)]
    path.write_text("\n".join(["text,label,reason", *rows]))


@pytest.mark.usefixtures("spark")
def test_classes_of_a_misread_table_disappear_with_a_full_preparation(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write_texts(tmp_path / "texts.csv")
    misread = prepare(csv_configuration(tmp_path, "reason"))
    ghosts = misread["classes"]["added"]
    assert len(ghosts) == 8

    corrected = prepare(csv_configuration(tmp_path, "label"))
    assert corrected["classes"] == {
        "kept": 8, "added": ["bad", "good", "odd"], "removed": [], "without_records": ghosts,
    }  # fmt: skip
    assert "no record of 8 of 11 classes any more" in caplog.text
    assert "headrace prepare --full" in caplog.text
    assert len(read(tmp_path / "table").contract.classes) == 11

    full = prepare(csv_configuration(tmp_path, "label"), full=True)
    assert full["classes"] == {"kept": 3, "added": [], "removed": ghosts, "without_records": []}
    assert "Classes: 3 kept ('bad', 'good', 'odd'), 8 removed ('reason 0'" in caplog.text
    assert "have new numbers" in caplog.text
    assert read(tmp_path / "table").contract.classes == ("bad", "good", "odd")


@pytest.mark.usefixtures("spark")
def test_class_numbers_stay_when_the_last_record_of_a_class_is_removed(source: Path, tmp_path: Path) -> None:
    settings = configuration(source, tmp_path / "table")
    prepare(settings)
    (source / "ant").mkdir()
    for number in range(3):
        (source / "cat" / f"{number:03d}.png").rename(source / "ant" / f"{number}.png")
    assert prepare(settings)["classes"]["added"] == ["ant"]
    for file in (source / "dog").iterdir():
        file.unlink()
    assert prepare(settings)["classes"] == {"kept": 3, "added": [], "removed": [], "without_records": ["dog"]}
    assert prepare(settings)["classes"]["without_records"] == ["dog"]
    assert read(tmp_path / "table").contract.classes == ("cat", "dog", "ant")
    assert prepare(settings, full=True)["classes"]["removed"] == ["dog"]
    assert read(tmp_path / "table").contract.classes == ("cat", "ant")


def test_class_changes_name_copies_as_the_reason_after_a_full_preparation(caplog: pytest.LogCaptureFixture) -> None:
    changes = ClassChanges(("a", "b"), ("a", "b", "c"), ("c",))
    assert not changes.renumbered
    assert str(changes) == "Classes: 2 kept ('a', 'b'), 0 removed, 1 added ('c')."
    report_classes(changes, full=True)
    assert "all were dropped as copies" in caplog.text


def test_changes_of_items_are_counted_in_json_and_named_in_part(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    items = tuple(f"m{number}" for number in range(40))
    changes = ClassChanges(items[:20], items[5:], items[30:], "item", lists_names=False)
    assert changes.as_json() == {"kept": 15, "added": 20, "removed": 5, "without_records": 10}
    report_classes(changes, full=False)
    assert "Items: 15 kept" in caplog.text
    assert "no record of 10 of 35 items any more: 'm30'" in caplog.text
    assert "class" not in caplog.text.replace("class_changes", "").replace("classes again", "")
    assert "'m39'" not in caplog.text
