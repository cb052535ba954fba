"""Classes that no model learns, and splits by time without a window, are warned of."""

from headrace.config.sections.preparation import Splits
from headrace.prepare.quality.split_warnings import (
    empty_period_warning,
    small_split_warning,
    unlearned_class_warning,
    unlearned_item_warning,
    unmeasured_class_warning,
)
from headrace.table.version_and_preparation_summary import Period


def test_classes_without_a_training_record_are_warned_of() -> None:
    counts = {"train": {"cat": 3}, "test": {"cat": 1, "dog": 2}, "val": {"fox": 1, "dog": 1}}
    assert unlearned_class_warning(counts, ("cat", "dog", "fox", "removed")) == (
        "2 classes have no record in the training split, so that no model learns them: 'dog' (1 in val, 2 in test), "
        "'fox' (1 in val)."
    )
    assert unlearned_class_warning({"train": {"cat": 3}}, ("cat", "removed")) is None


def test_items_without_a_training_record_are_counted() -> None:
    counts = {"train": {"m1": 3}, "test": {"m1": 1, "m2": 2}, "val": {"m3": 1, "m2": 1}}
    assert unlearned_item_warning(counts, ("m1", "m2", "m3", "removed")) == (
        "2 of 4 items have no record in the training split, but 4 records in others: no model learns to find them."
    )
    assert unlearned_item_warning({"train": {"m1": 3}}, ("m1", "removed")) is None


def test_classes_without_a_test_record_are_warned_of_if_there_is_a_test_split() -> None:
    counts = {"train": {"cat": 3, "unsup": 9}, "val": {"unsup": 1}, "test": {"cat": 1}}
    assert unmeasured_class_warning(counts, ("cat", "unsup", "removed")) == (
        "1 class has no record in the test split, so that nothing measures them: 'unsup' (9 in train)."
    )
    assert unmeasured_class_warning({"train": {"cat": 3}}, ("cat",)) is None


def test_splits_by_time_without_a_window_are_warned_of() -> None:
    periods = (Period(2.8e9, "train"), Period(3.4e9, "val"), Period(4.07e9, "test"))
    warning = empty_period_warning({"train": {"all": 5}}, Splits(train=0.6, val=0.2, test=0.2), periods)
    assert warning is not None
    assert warning.startswith("No window is in val and test: by its first and last time the table is train until 2058")
    assert empty_period_warning({"train": {"all": 5}}, Splits(train=1, val=0, test=0), periods) is None
    assert empty_period_warning({"train": {"all": 5}}, Splits(train=0.6, val=0.2, test=0.2), ()) is None


def test_splits_of_few_numbers_without_records_are_warned_of() -> None:
    """Nothing measured a regression on a table of 20 rows, without a word."""
    warning = small_split_warning({"train": {"all": 18}, "test": {"all": 2}}, Splits())
    assert warning is not None
    assert warning.startswith("Splits by content hash have fewer than 5 records: 0 in val and 2 in test. ")
    assert small_split_warning({"train": {"all": 18}}, Splits(train=1, val=0, test=0)) is None
    assert small_split_warning({split: {"all": 5} for split in ("train", "val", "test")}, Splits()) is None
    assert small_split_warning({"train": {"all": 99}, "val": {"all": 1}}, Splits()) is None
