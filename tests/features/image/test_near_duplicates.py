"""Perceptual hashes: bands and distances."""

import numpy as np
import pytest

from headrace.features.image.near_duplicates import image_bands, images_are_near


@pytest.mark.parametrize("bits", [0, 1, 4, 8])
def test_image_bands_of_near_hashes_share_one(bits: int) -> None:
    random = np.random.default_rng(bits)
    for _ in range(200):
        left = int(random.integers(-(2**63), 2**63))
        right = left
        for bit in random.choice(64, bits, replace=False):
            right ^= 1 << int(bit)
        assert set(image_bands(left, bits)) & set(image_bands(right, bits))
        assert images_are_near(left, right, bits)
        assert bits == 0 or not images_are_near(left, right, bits - 1)
