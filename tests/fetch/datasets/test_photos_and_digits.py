"""Digits and photo crops have the pixels of their originals."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headrace.fetch import DATASETS, fetch, verified_file_cache
from headrace.fetch.datasets import digits, photo_crops
from headrace.prepare.sources import LISTERS

pytestmark = pytest.mark.network


@pytest.fixture(scope="module", autouse=True)
def _one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def test_digits_are_written_as_class_folders_without_splits(tmp_path: Path) -> None:
    result = fetch("digits", tmp_path / "raw")
    assert (result["records"], result["splits"]) == (1797, {"all": 1797})
    source = LISTERS["folder"](str(tmp_path / "raw"))
    assert source.classes == tuple("0123456789")
    assert {file.split for file in source.files} == {None}
    with Image.open(tmp_path / "raw" / "0" / "00000.png") as first:
        pixels = np.asarray(first)
    assert pixels.shape == (8, 8)
    assert pixels[0].tolist() == [value * 255 // 16 for value in (0, 0, 5, 13, 9, 1, 0, 0)]


def test_limit_takes_digits_of_every_class(tmp_path: Path) -> None:
    assert fetch("digits", tmp_path / "raw", 1790)["records"] == 1790
    assert fetch("digits", tmp_path / "few", 20)["splits"] == {"all": 20}
    assert {len(list(folder.iterdir())) for folder in (tmp_path / "few").iterdir() if folder.is_dir()} == {2}


def test_splits_of_photo_crops_share_no_pixel() -> None:
    for height, width in ((300, 451), (512, 512), (1411, 1411)):
        seen = {split: np.zeros((height, width), bool) for split in ("train", "test")}
        for split, mask in seen.items():
            for top, left in photo_crops.corners(height, width, split):
                mask[top : top + photo_crops.SIDE, left : left + photo_crops.SIDE] = True
        assert not (seen["train"] & seen["test"]).any()
        assert 0.2 < seen["test"].sum() / (seen["train"] | seen["test"]).sum() < 0.3


def test_photo_crop_is_a_part_of_its_photo() -> None:
    splits, _ = photo_crops.read()
    content = verified_file_cache.load(verified_file_cache.cache_folder("photo-crops"), photo_crops.DIGESTS)
    assert content is not None
    with Image.open(io.BytesIO(content["chelsea.png"])) as image:
        photo = np.asarray(image)
    top, left = photo_crops.corners(300, 451, "train")[0]
    crops = splits["train"].images[splits["train"].labels == photo_crops.CLASSES.index("chelsea")]
    assert np.array_equal(crops[0], photo[top : top + 64, left : left + 64])
    assert {name: len(split.labels) for name, split in splits.items()} == dict(DATASETS["photo-crops"].splits)


def test_second_read_uses_the_cache() -> None:
    photo_crops.read()
    assert photo_crops.read()[1].endswith("photo-crops")
    assert digits.read()[0]["all"].images.max() == 255
