"""Data sets of rows with a picture each are written as pictures and one CSV file that names them."""

from pathlib import Path

import pytest

from headrace.fetch.dataset_formats.dataset_written_as_csv_and_pictures import CsvImageDataset, PictureRow

SPLITS = {
    "train": [PictureRow(f"{name}.png", name.encode(), (name, "fruit")) for name in ("fig", "pear, ripe", "é", "plum")],
    "test": [PictureRow("oak.png", b"oak", ("oak", "tree"))],
}
COUNTS = {"train": 4, "test": 1}


def dataset() -> CsvImageDataset:
    """Return a data set of five rows, which are not downloaded."""
    return CsvImageDataset(
        name="plants",
        licence="CC0-1.0",
        size="small",
        description="pictures of plants",
        columns=("title", "kind"),
        splits=COUNTS,
        digest="1",
        read=lambda: ({}, "nowhere"),
    )


def test_rows_name_the_files_of_their_pictures(tmp_path: Path) -> None:
    dataset().write(SPLITS, {"train": 2, "test": 1}, tmp_path)
    assert (tmp_path / "plants.csv").read_text("utf-8") == (
        "picture,title,kind,split\n"
        "pictures/fig.png,fig,fruit,train\npictures/é.png,é,fruit,train\npictures/oak.png,oak,tree,test\n"
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "pictures").iterdir()} == {
        "fig.png": b"fig",
        "é.png": "é".encode(),
        "oak.png": b"oak",
    }


@pytest.mark.parametrize("lost", ["pictures/fig.png", "plants.csv"])
def test_rows_without_a_picture_or_a_file_are_not_counted(lost: str, tmp_path: Path) -> None:
    dataset().write(SPLITS, COUNTS, tmp_path)
    assert dataset().count(COUNTS, tmp_path) == COUNTS
    (tmp_path / lost).unlink()
    assert dataset().count(COUNTS, tmp_path) == (
        {"train": 0, "test": 0} if lost == "plants.csv" else {**COUNTS, "train": 3}
    )
