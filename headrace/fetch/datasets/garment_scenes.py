"""Pictures of garments of Fashion-MNIST on crops of photos, with a class for each pixel that a rule gives exactly.

A picture is a crop of one of the photos of `photo-crops` with one to three garments of Fashion-MNIST, each in a colour
of its own. A pixel of a garment of more than `THRESHOLD` covers what is below it, and has the class of the garment; all
others are background. Garments of the test split are of the test split of Fashion-MNIST, and crops of the blocks of the
test split of `photo-crops`, so that no garment and no pixel of a photo is in two of training, validation and test.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from headrace.fetch.dataset_formats.dataset_written_as_images import Split
from headrace.fetch.dataset_formats.dataset_written_as_images_and_masks import MaskDataset, MaskedImages
from headrace.fetch.datasets import fashion_mnist, photo_crops

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLASSES = ("background", "top", "trousers", "shoe", "bag")
# The class of each class of Fashion-MNIST; dresses, which differ little from long tops, are left out.
KINDS = {
    "t-shirt-top": 1,
    "pullover": 1,
    "coat": 1,
    "shirt": 1,
    "trouser": 2,
    "sandal": 3,
    "sneaker": 3,
    "ankle-boot": 3,
    "bag": 4,
}
PALETTE = ((32, 32, 32), (230, 60, 60), (60, 110, 230), (240, 190, 40), (60, 180, 90))
SPLITS = {"train": 4800, "val": 200, "test": 400}
SIDE, GARMENTS, THRESHOLD = photo_crops.SIDE, 3, 32
# Garments of validation are the last of Fashion-MNIST's training split, and every fourth block of the photos.
HELD_OUT = 10_000
# Version of the rules; increment it when they change.
RULE = 1


def read() -> tuple[dict[str, MaskedImages], str]:
    """Return the pictures of the splits, and the sources of garments and photos.

    Raises:
        DataError: the garments or the photos cannot be downloaded.
    """
    garments, garment_source = fashion_mnist.read()
    photos, photo_source = photo_crops.read_photos()
    splits = {name: _compose(name, count, photos, garments) for name, count in SPLITS.items()}
    return splits, f"{garment_source} and {photo_source}"


def _compose(split: str, count: int, photos: list[NDArray[np.uint8]], garments: dict[str, Split]) -> MaskedImages:
    import numpy as np

    # The numbers of this generator, unlike those of newer ones, are the same in every version of NumPy.
    random = np.random.RandomState(list(SPLITS).index(split))
    source = garments["test" if split == "test" else "train"]
    kinds = np.array([KINDS.get(name, 0) for name in fashion_mnist.CLASSES], np.uint8)[source.labels]
    held_out = np.arange(len(kinds)) >= len(kinds) - HELD_OUT
    is_used = held_out if split == "val" else ~held_out if split == "train" else np.ones(len(kinds), bool)
    by_kind = [np.flatnonzero(is_used & (kinds == kind)) for kind in range(len(CLASSES))]
    corners = [_corners(photo, split) for photo in photos]
    images, masks = np.empty((count, SIDE, SIDE, 3), np.uint8), np.zeros((count, SIDE, SIDE), np.uint8)
    for image, mask in zip(images, masks, strict=True):
        index = random.randint(len(photos))
        photo = photos[index]
        top, left = corners[index][random.randint(len(corners[index]))]
        image[...] = photo[top : top + SIDE, left : left + SIDE]
        for _ in range(random.randint(1, GARMENTS + 1)):
            kind = random.randint(1, len(CLASSES))
            garment = source.images[by_kind[kind][random.randint(len(by_kind[kind]))]]
            down, across = random.randint(SIDE - fashion_mnist.SIDE + 1, size=2)
            part = slice(down, down + fashion_mnist.SIDE), slice(across, across + fashion_mnist.SIDE)
            covers, colour = garment > THRESHOLD, random.randint(64, 256, size=3)
            image[part][covers] = (garment[covers][:, None] * colour // 255).astype(np.uint8)
            mask[part][covers] = kind
    return MaskedImages(images, masks)


def _corners(photo: NDArray[np.uint8], split: str) -> list[tuple[int, int]]:
    """Return the corners of crops in blocks of a split: every fourth block of training is for validation."""
    found = photo_crops.corners(photo.shape[0], photo.shape[1], "test" if split == "test" else "train")
    if split == "test":
        return found
    blocks = [(row // photo_crops.BLOCK, column // photo_crops.BLOCK) for row, column in found]
    held_out = sorted(set(blocks))[3::4]
    return [corner for corner, block in zip(found, blocks, strict=True) if (block in held_out) == (split == "val")]


DATASET = MaskDataset(
    name="garment-scenes",
    licence="MIT AND CC0-1.0",
    size="45 MB to download; 10,800 PNG files, 42 MB",
    description="5,400 pictures of 64x64 pixels, garments of Fashion-MNIST on crops of photos, with masks: background, "
    "top, trousers, shoe, bag; 4,800 to train, 200 to validate and 400 to test",
    classes=CLASSES,
    splits=SPLITS,
    palette=PALETTE,
    digest=hashlib.sha256(
        f"{fashion_mnist.DATASET.digest} {photo_crops.DIGESTS} {KINDS} {SPLITS} {THRESHOLD} {GARMENTS} {HELD_OUT} "
        f"{PALETTE} {RULE}".encode()
    ).hexdigest(),
    read=read,
)
