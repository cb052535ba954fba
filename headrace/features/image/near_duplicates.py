"""Signatures of images by which near duplicates are found; they need no Spark."""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Resampling

from headrace.config.sections.preparation import NearDuplicates

SIGNATURE = "perceptual_hash"
Pixels = NDArray[np.uint8]

IMAGE_SIDE = 32  # of the image whose frequencies are computed
LOW_FREQUENCIES = 8  # lowest frequencies that are kept in each direction


def make_bands(settings: NearDuplicates) -> Callable[[int], list[str]]:
    """See `NearDuplicatesInterface`."""
    return partial(image_bands, bits=settings.bits)


def make_test(settings: NearDuplicates) -> Callable[[int, int], bool]:
    """See `NearDuplicatesInterface`."""
    return partial(images_are_near, bits=settings.bits)


def perceptual_hash(pixels: Pixels) -> int:
    """Return 64 bits as a signed integer: whether each of an image's lowest frequencies exceeds their median.

    Method: pHash, in Zauner: Implementation and benchmarking of perceptual image hash functions. 2010.
    """
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).convert("L")
    grey = np.asarray(image.resize((IMAGE_SIDE, IMAGE_SIDE), Resampling.BOX), np.float64)
    cosines = _dct_matrix()
    low = (cosines @ grey @ cosines.T)[:LOW_FREQUENCIES, :LOW_FREQUENCIES].ravel()
    bits = low > np.median(low[1:])
    return int(np.packbits(bits).view(">i8")[0])


def image_bands(signature: int, bits: int) -> list[str]:
    """Return bands of a perceptual hash; two hashes that differ in at most `bits` bits share at least one."""
    digits = f"{signature & (2**64 - 1):064b}"
    edges = [64 * part // (bits + 1) for part in range(bits + 2)]
    return [f"{part}:{digits[a:b]}" for part, (a, b) in enumerate(zip(edges, edges[1:], strict=False))]


def images_are_near(left: int, right: int, bits: int) -> bool:
    """Return whether two perceptual hashes differ in at most `bits` bits."""
    return ((left ^ right) & (2**64 - 1)).bit_count() <= bits


@lru_cache
def _dct_matrix() -> NDArray[np.float64]:
    """Return the first rows of the DCT-II matrix, (LOW_FREQUENCIES, IMAGE_SIDE)."""
    frequency, position = np.arange(LOW_FREQUENCIES)[:, None], np.arange(IMAGE_SIDE)[None, :]
    cosines: NDArray[np.float64] = np.cos(np.pi * frequency * (2 * position + 1) / (2 * IMAGE_SIDE))
    return cosines
