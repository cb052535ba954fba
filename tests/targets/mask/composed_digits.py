"""Small real pictures with masks: digits of scikit-learn on crops of its photos, as PNG files.

The rule of a mask: a pixel of the digit has the class 1 where the digit is 8 or more of 16, and counts not where it is
4 to 7; all others have the class 0.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

SIDE, DIGIT, IGNORED = 32, 16, 255


def write_pictures(images: Path, masks: Path, count: int, seed: int = 0) -> None:
    """Write `count` pictures NUMBER.png into `images` and their masks under the same names into `masks`."""
    images.mkdir(parents=True, exist_ok=True)
    masks.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    digits, photos = load_digits().images, load_sample_images().images
    for number in range(count):
        photo = photos[random.integers(len(photos))]
        top, left = (random.integers(0, length - SIDE) for length in photo.shape[:2])
        picture = photo[top : top + SIDE, left : left + SIDE].copy()
        mask = np.zeros((SIDE, SIDE), np.uint8)
        digit = np.kron(digits[random.integers(len(digits))], np.ones((DIGIT // 8, DIGIT // 8)))
        down, across = random.integers(0, SIDE - DIGIT, 2)
        part = (slice(down, down + DIGIT), slice(across, across + DIGIT))
        mask[part][digit >= 4] = IGNORED
        mask[part][digit >= 8] = 1
        picture[part][digit >= 4] = (255, 220, 0)
        Image.fromarray(picture).save(images / f"{number:04d}.png")
        Image.fromarray(mask).save(masks / f"{number:04d}.png")
