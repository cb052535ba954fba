"""Small classes that a hash spreads badly over the splits are said, with the setting that helps."""

import logging
from pathlib import Path

import pytest

from headrace.config.configuration import Splits
from headrace.prepare.job import prepare
from headrace.prepare.small_classes import small_class_warning
from tests.support.raw_images import configuration, write_source


@pytest.mark.parametrize(
    ("train", "val", "test", "said"),
    [(90, 5, 4, "'cat' (4 in test)"), (12, 0, 3, "'cat' (0 in val and 3 in test)"), (20, 5, 5, None), (96, 4, 4, None)],
)
def test_class_of_fewer_than_100_records_is_said_if_a_split_has_fewer_than_5(
    train: int, val: int, test: int, said: str | None
) -> None:
    counts = {"train": {"cat": train, "dog": 900}, "val": {"cat": val, "dog": 90}, "test": {"cat": test, "dog": 90}}
    warning = small_class_warning(counts, ("cat", "dog"), Splits())
    assert (warning is None) == (said is None)
    assert warning is None or f"small classes: {said}. With prepare.splits.method=stratified" in warning


def test_split_that_no_record_is_meant_for_is_not_counted() -> None:
    assert small_class_warning({"train": {"cat": 9}}, ("cat",), Splits(train=1.0, val=0.0, test=0.0)) is None


@pytest.mark.usefixtures("spark")
def test_prepare_says_it_unless_the_source_names_splits_or_they_are_stratified(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    source = write_source(tmp_path / "raw")
    prepare(configuration(source, tmp_path / "hashed"))
    assert "prepare.splits.method=stratified" in caplog.text
    assert "24 files in 2 classes listed" in caplog.text
    caplog.clear()
    prepare(configuration(source, tmp_path / "stratified", splits={"method": "stratified"}))
    write_source(tmp_path / "given" / "train", count=8)
    prepare(configuration(tmp_path / "given", tmp_path / "named"))
    assert "prepare.splits.method=stratified" not in caplog.text
