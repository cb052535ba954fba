"""Images and masks are matched by their names, and nothing is left out silently."""

import logging
import os
from pathlib import Path

import pytest

from headrace.errors import DataError
from headrace.prepare.sources.folders.mask_folder import UNLABELLED, list_masks


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def pairs(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    return {file.path: (file.label, file.split) for file in list_masks(str(folder)).files}


def test_image_has_the_mask_of_its_name(tmp_path: Path) -> None:
    write(tmp_path, "images/a.jpg", "images/in/b.jpg", "images/c.jpg", "masks/a.png", "masks/in/b.png")
    assert pairs(tmp_path) == {
        "images/a.jpg": ("masks/a.png", None),
        "images/c.jpg": (None, None),
        "images/in/b.jpg": ("masks/in/b.png", None),
    }


@pytest.mark.parametrize("layout", ["{split}/{kind}/a.png", "{kind}/{split}/a.png"])
def test_folders_around_or_within_give_splits(tmp_path: Path, layout: str) -> None:
    for split in ("train", "test"):
        write(tmp_path, *(layout.format(split=split, kind=kind) for kind in ("JPEGImages", "SegmentationClass")))
    assert {split for _, split in pairs(tmp_path).values()} == {"train", "test"}
    assert all(mask for mask, _ in pairs(tmp_path).values())


def test_masks_without_images_and_other_files_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "images/a.jpg", "masks/a.png", "masks/b.png", "notes.txt")
    with caplog.at_level(logging.WARNING):
        assert len(pairs(tmp_path)) == 1
    assert "1 mask of" in caplog.text
    assert "'masks/b.png'" in caplog.text
    assert "left out, such as 'notes.txt'" in caplog.text


def test_rejected_image_without_a_mask_names_the_way_without_renaming() -> None:
    assert UNLABELLED.endswith("; data.source.labels may name a CSV file with the columns path and label")


def test_changed_mask_changes_the_record(tmp_path: Path) -> None:
    write(tmp_path, "images/a.jpg", "masks/a.png")
    (before,) = list_masks(str(tmp_path)).files
    os.utime(tmp_path / "masks/a.png", (1, 1))
    (after,) = list_masks(str(tmp_path)).files
    assert before != after


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("cat/a.png", "dog/b.png"), r"holds cat, dog; expected the images in images/"),
        (("photos/a.png", "masks/a_mask.png"), r"in masks/, or data.source.labels: a CSV file with the columns path"),
        (("images/a.png",), r"holds images; expected"),
        (("images/a.png", "masks/a.png", "masks/a.bmp"), "two masks of one name"),
        (("images/a.png", "images/a.jpg", "masks/a.png"), "two images of one name"),
    ],
)
def test_unclear_folder_is_refused(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    write(tmp_path, *names)
    with pytest.raises(DataError, match=message):
        list_masks(str(tmp_path))
