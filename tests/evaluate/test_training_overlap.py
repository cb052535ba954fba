"""Test rows are compared with everything that a model and its initial weights were trained on."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace import bundle as bundles
from headrace.bundle import TrainingData
from headrace.evaluate.job import evaluate
from headrace.evaluate.training_overlap import training_overlap
from headrace.table import Version
from tests.support.small_bundle import CNN, OPTIONS, small_model
from tests.support.small_table import Content, some_rows, write_table

pytestmark = pytest.mark.tensorflow


def training_data(version: Version, **changes: Any) -> TrainingData:
    """Return the training split of a version, as a bundle records it."""
    data = TrainingData(
        table=str(version.table),
        table_id=version.table_id,
        version=version.number,
        content_id=version.content_id,
    )
    return data.model_copy(update=changes)


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Version, Version]:
    """Write two versions of a table: in the second, 4 of the 10 test rows of the first are training rows."""
    table, test = tmp_path / "table", [f"a/{row}.png" for row in range(10)]
    splits = {"train": some_rows(12), "test": some_rows(10)}
    moved = [*test[:4], *(f"b/{row}.png" for row in range(8))]
    first = write_table(table, Content(splits=splits, paths={"test": test}))
    return first, write_table(table, Content(splits=splits, paths={"train": moved}))


def test_overlap_counts_rows_of_every_ancestor(versions: tuple[Version, Version], tmp_path: Path) -> None:
    first, second = versions
    assert str(training_overlap([training_data(first)], first, "test")) == "0 of 10 rows"
    overlap = training_overlap([training_data(first), training_data(second)], first, "test")
    assert str(overlap) == "4 of 10 rows, such as 'a/0.png'"
    # The table was moved: its identifier finds it; what is at the recorded path now is another table.
    moved = write_table(tmp_path / "elsewhere", Content(splits={"train": some_rows(12)}))
    gone = [
        training_data(second, table="/gone"),
        training_data(moved, table_id="other"),
        training_data(second).model_copy(update={"version": 7}),
    ]
    overlap = training_overlap(gone, first, "test")
    assert (overlap.rows, len(overlap.unread)) == (4, 2)
    assert "version 0 of" in overlap.unread[0]
    assert "another table, or a version with other rows, is at this path now" in overlap.unread[0]
    assert "has no version 7" in overlap.unread[1]


def test_version_of_a_copy_that_was_prepared_again_is_not_confused(
    versions: tuple[Version, Version], tmp_path: Path
) -> None:
    """Copies keep the table's identifier, and both have a version 2 then, with other rows."""
    first, _ = versions
    copy = Path(shutil.copytree(first.table, tmp_path / "copy"))
    test = [f"a/{row}.png" for row in range(10)]
    other = write_table(copy, Content(splits={"train": some_rows(10)}, paths={"train": test}))
    same_number = write_table(first.table, Content(splits={"train": some_rows(12)}))
    assert (other.table_id, other.number) == (same_number.table_id, same_number.number)
    assert training_overlap([training_data(other)], first, "test").rows == 10
    unread = training_overlap([training_data(other, table="/gone")], first, "test").unread
    assert len(unread) == 1


def test_evaluate_warns_of_rows_that_the_initial_weights_were_trained_on(
    versions: tuple[Version, Version], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = versions
    origin = bundles.Origin(
        run="run", table=str(first.table), table_id=first.table_id, data_version=0, steps=1, weights_sha256="0" * 64,
        settings=first.summary.settings, ancestors=(training_data(second),),
    )  # fmt: skip
    bundle = bundles.write(tmp_path / "bundle", small_model(first), CNN, first.contract, OPTIONS, origin)
    result = evaluate(bundle, first.table, "test", 0)
    assert (result["trained_on"]["rows"], result["trained_on"]["total"]) == (4, 10)
    assert "was trained on rows of the test split: 4 of 10 rows, such as 'a/0.png'" in caplog.text
    caplog.clear()
    assert "trained_on" not in evaluate(bundle, first.table, "train", 0)
    shutil.move(first.table, tmp_path / "moved")
    assert evaluate(bundle, tmp_path / "moved", "test", 0)["trained_on"]["rows"] == 4
