"""Splits in the names of files: their usual spellings, and names that begin with one by chance."""

import pytest

from headrace.prepare.sources.split_names import split_from_path, unclear_split_files


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train.csv", "train"),
        ("Training_0.csv", "train"),
        ("split=validation/part-0.parquet", "val"),
        ("test/train-1.csv", "test"),
        ("trained.csv", None),
    ],
)
def test_split_is_that_of_a_folder_or_of_the_beginning_of_the_name(path: str, split: str | None) -> None:
    assert split_from_path(path) == split


@pytest.mark.parametrize(
    "clear",
    [
        ("train.csv", "test.csv.gz", "train_0.csv", "test_part2.csv"),
        ("train-00000-of-00002-a09b74b3ef9c3b56.parquet", "dev-part-00000-c000.snappy.parquet"),
        ("train_reviews.csv", "test_reviews.csv", "train/a_story.csv"),
    ],
)
def test_names_of_pieces_and_of_the_same_data_are_clear(clear: tuple[str, ...]) -> None:
    assert unclear_split_files(clear) == []


def test_names_that_begin_with_a_split_by_chance_are_unclear() -> None:
    assert unclear_split_files(["train_station.csv", "test_drive.csv", "train.csv"]) == [
        "train_station.csv",
        "test_drive.csv",
    ]
