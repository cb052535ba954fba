"""Pictures of garments on photos have exactly the masks of their rule, and splits share no pixel of a photo."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headrace.fetch import DATASETS, fetch
from headrace.fetch.datasets import fashion_mnist, garment_scenes, photo_crops
from headrace.prepare.sources.folders.mask_folder import list_masks

pytestmark = pytest.mark.usefixtures("cached")


def test_fetched_pictures_have_masks_of_classes(tmp_path: Path) -> None:
    result = fetch("garment-scenes", tmp_path / "raw", 60)
    assert result["splits"] == {"train": 60, "val": 50, "test": 50}
    listing = list_masks(str(tmp_path / "raw"))
    assert len(listing.files) == 160
    assert {file.split for file in listing.files} == {"train", "val", "test"}
    found = set[int]()
    for file in listing.files:
        with Image.open(tmp_path / "raw" / str(file.label)) as mask:
            assert (mask.mode, mask.size) == ("P", (64, 64))
            found.update(np.unique(np.asarray(mask)).tolist())
    assert found == set(range(len(garment_scenes.CLASSES)))
    assert fetch("garment-scenes", tmp_path / "raw", 60)["fetched"] is False
    (tmp_path / "raw/val/masks/00000.png").unlink()
    assert fetch("garment-scenes", tmp_path / "raw", 60)["fetched"] is True


def test_background_is_a_crop_of_a_photo_and_garments_cover_it() -> None:
    splits, _ = garment_scenes.read()
    assert {name: len(split.images) for name, split in splits.items()} == dict(DATASETS["garment-scenes"].splits)
    photos, _ = photo_crops.read_photos()
    image, mask = splits["test"].images[0], splits["test"].masks[0]
    crops = (
        photo[top : top + 64, left : left + 64]
        for photo in photos
        for top, left in photo_crops.corners(*photo.shape[:2], "test")
    )
    assert any(np.array_equal(crop[mask == 0], image[mask == 0]) for crop in crops)
    assert 0 < (mask > 0).sum() <= garment_scenes.GARMENTS * fashion_mnist.SIDE**2


def test_blocks_of_validation_are_none_of_training() -> None:
    photos, _ = photo_crops.read_photos()
    for photo in photos:
        blocks = {
            split: {(row // photo_crops.BLOCK, column // photo_crops.BLOCK) for row, column in corners}
            for split in garment_scenes.SPLITS
            if (corners := garment_scenes._corners(photo, split))
        }
        assert len(blocks) == 3
        assert not blocks["train"] & blocks["val"]
        assert not blocks["train"] & blocks["test"]
        assert not blocks["val"] & blocks["test"]
