"""Signatures by which records that are almost equal are found. No Spark."""

import hashlib
from functools import lru_cache

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Resampling

Pixels = NDArray[np.uint8]

SIDE = 32  # of the picture of which the frequencies are taken
LOW = 8  # lowest frequencies that are kept in each direction
PERMUTATIONS = 128
BANDS = 32  # of the signature of a text; two of similarity 0.6 share one of 99 %
SHINGLE_WORDS = 5


def perceptual_hash(pixels: Pixels) -> int:
    """64 bits, as a signed integer: the signs of an image's lowest frequencies against their median.

    Method: pHash, in Zauner: Implementation and benchmarking of perceptual image hash functions. 2010.
    """
    image = PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).convert("L")
    grey = np.asarray(image.resize((SIDE, SIDE), Resampling.BOX), np.float64)
    cosines = _cosines()
    low = (cosines @ grey @ cosines.T)[:LOW, :LOW].ravel()
    bits = low > np.median(low[1:])
    return int(np.packbits(bits).view(">i8")[0])


def minhash(text: str) -> bytes:
    """128 minima of hashes of the runs of five words of `text`, as little-endian uint32.

    Method: Broder: On the resemblance and containment of documents. 1997. The hash functions are multiply-shift
    (Dietzfelbinger and others, 1997).
    """
    words = text.casefold().split()
    runs = range(max(1, len(words) - SHINGLE_WORDS + 1))
    shingles = {" ".join(words[begin : begin + SHINGLE_WORDS]) for begin in runs}
    hashes = np.array([_hash(shingle) for shingle in shingles], np.uint64)
    multipliers, offsets = _functions()
    minima = np.full(PERMUTATIONS, np.iinfo(np.uint32).max, np.uint64)
    # In blocks, so that a book takes no more memory than a page.
    for begin in range(0, len(hashes), 1024):
        values = (hashes[begin : begin + 1024, None] * multipliers + offsets) >> np.uint64(32)
        minima = np.minimum(minima, values.min(0))
    return minima.astype("<u4").tobytes()


def image_bands(signature: int, bits: int) -> list[str]:
    """Parts of a perceptual hash; two hashes that differ in at most `bits` bits are equal in one of them."""
    digits = f"{signature & (2**64 - 1):064b}"
    edges = [64 * part // (bits + 1) for part in range(bits + 2)]
    return [f"{part}:{digits[a:b]}" for part, (a, b) in enumerate(zip(edges, edges[1:], strict=False))]


def text_bands(signature: bytes) -> list[str]:
    """Parts of a MinHash signature; similar texts are equal in one of them, most likely."""
    size = len(signature) // BANDS
    return [f"{band}:{signature[band * size : (band + 1) * size].hex()}" for band in range(BANDS)]


def images_are_near(left: int, right: int, bits: int) -> bool:
    """Whether two perceptual hashes differ in at most `bits` bits."""
    return ((left ^ right) & (2**64 - 1)).bit_count() <= bits


def texts_are_near(left: bytes, right: bytes, similarity: float) -> bool:
    """Whether the estimate of the Jaccard similarity is at least `similarity`."""
    equal = np.frombuffer(left, "<u4") == np.frombuffer(right, "<u4")
    return bool(equal.mean() >= similarity)


def _hash(shingle: str) -> int:
    return int.from_bytes(hashlib.blake2b(shingle.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@lru_cache
def _cosines() -> NDArray[np.float64]:
    """The first rows of the DCT-II matrix."""
    frequency, place = np.arange(LOW)[:, None], np.arange(SIDE)[None, :]
    cosines: NDArray[np.float64] = np.cos(np.pi * frequency * (2 * place + 1) / (2 * SIDE))
    return cosines


@lru_cache
def _functions() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    random = np.random.default_rng(1)
    multipliers = random.integers(0, 2**63, PERMUTATIONS, np.uint64) * np.uint64(2) + np.uint64(1)
    return multipliers, random.integers(0, 2**63, PERMUTATIONS, np.uint64)
