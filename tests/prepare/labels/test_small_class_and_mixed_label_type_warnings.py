"""Files whose labels are numbers beside files whose labels are names are warned of."""

from pathlib import Path
from typing import Any

import pytest

from headrace.prepare.job import prepare
from headrace.prepare.labels.small_class_and_mixed_label_type_warnings import LabelRows, numbered_files_warning
from tests.prepare.test_text_job import text_configuration, texts, write_rows

ONE, TWO, BOTH = LabelRows(5, "a.csv", "a.csv"), LabelRows(5, "b.csv", "b.csv"), LabelRows(5, "a.csv", "b.csv")


def test_numbers_in_one_file_and_names_in_another_are_warned_of() -> None:
    assert numbered_files_warning({"0": ONE, "1": ONE, "cat": TWO, "dog": TWO}, ()) == (
        "The labels of a.csv are numbers, such as '0', and those of b.csv are names, such as 'cat': each is a class of "
        "its own. If they mean the same classes, name the numbers in data.source.class_names."
    )
    assert "the classes of the table are names, such as 'cat'" in (numbered_files_warning({"0": ONE}, ["cat"]) or "")


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        ({"0": ONE, "a": ONE}, ()),
        ({"0": BOTH, "a": TWO}, ()),
        ({"0": ONE, "1": TWO}, ()),
        ({"cat": ONE, "dog": TWO}, ()),
        ({"0": ONE}, ("1", "a")),
        ({"0": ONE}, ()),
    ],
)
def test_labels_of_one_kind_are_not(labels: dict[str, LabelRows], known: tuple[str, ...]) -> None:
    assert numbered_files_warning(labels, known) is None


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("task", ["classification", "multi_label"])
def test_preparation_names_both_files(tmp_path: Path, caplog: pytest.LogCaptureFixture, task: str) -> None:
    rows: list[dict[str, Any]] = texts(40)
    write_rows(tmp_path / "raw", "a.json", [row | {"label": str("ab".index(row["label"]))} for row in rows[:20]])
    write_rows(tmp_path / "raw", "b.json", rows[20:])
    prepare(text_configuration(tmp_path / "raw", task=task))
    assert "The labels of a.json are numbers, such as '0', and those of b.json are names, such as 'a'" in caplog.text
