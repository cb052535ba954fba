"""Files that are named like copies of others are warned of with their number."""

from pathlib import Path

import pytest

from headrace.config.configuration_model import Source
from headrace.prepare.preview.raw_preview import preview
from headrace.prepare.sources import list_source
from headrace.prepare.sources.folders.derived_file_warnings import derived_name_warnings
from headrace.prepare.sources.raw_file_and_record import RawFile


def warnings(*paths: str) -> str:
    return "".join(derived_name_warnings(RawFile(path, None, None, 1, 0) for path in paths))


@pytest.mark.parametrize(
    "copy",
    [
        *(
            "cat/1@2x.png",
            "cat/1@1.5x.png",
            "cat/1_thumb.jpg",
            "cat/1-150x150.png",
            "cat/thumb_1.png",
            "cat/1-small.png",
        ),
        *("cat/thumbs/1.png", "cat/Thumbnails/1_thumb.jpg", "cat/1_aug_0.png", "cat/1_rot90.png", "cat/1 flipped.png"),
    ],
)
def test_copy_beside_its_original_is_warned_of(copy: str) -> None:
    assert f"1 file is named like a smaller or changed copy of another, such as {copy!r}" in warnings("cat/1.png", copy)
    assert warnings("dog/1.png", copy) == ""


@pytest.mark.parametrize(
    "other", ["cat/2.png", "cat/10.png", "cat/1 (1).png", "cat/1_2.png", "cat/wide/1.png", "cat/small.png"]
)
def test_other_names_are_no_copies(other: str) -> None:
    assert warnings("cat/1.png", other) == ""


def test_copies_are_counted_by_prepare_and_the_preview(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("cat/1.png", "cat/1@2x.png", "dog/2.png", "dog/2_thumb.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    list_source(Source(kind="folder", path=str(tmp_path)))
    assert "2 files are named like a smaller or changed copy of another, such as 'cat/1@2x.png'" in caplog.text
    assert "2 files are named like" in "".join(preview(str(tmp_path))["warnings"])
    caplog.clear()
    list_source(Source(kind="folder", path=str(tmp_path), exclude=("*@2x.*", "*_thumb.*")))
    list_source(Source(kind="folder", path=str(tmp_path)), texts=True)
    assert caplog.text == ""
