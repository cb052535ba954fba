"""Signatures that find near-duplicate records; independent of Spark."""

import hashlib
from functools import lru_cache

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Resampling

Pixels = NDArray[np.uint8]

IMAGE_SIDE = 32  # of the image whose frequencies are computed
LOW_FREQUENCIES = 8  # lowest frequencies that are kept in each direction
PERMUTATIONS = 128
BANDS = 32  # of a text's signature; two texts of similarity 0.6 share one with probability 99 %
SHINGLE_WORDS = 5


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


def minhash(text: str) -> bytes:
    """Return 128 minima of hashes of all shingles of five words of `text`, as little-endian uint32.

    Method: Broder: On the resemblance and containment of documents. 1997. The hash functions are multiply-shift
    (Dietzfelbinger and others, 1997).
    """
    words = text.casefold().split()
    runs = range(max(1, len(words) - SHINGLE_WORDS + 1))
    shingles = {" ".join(words[begin : begin + SHINGLE_WORDS]) for begin in runs}
    hashes = np.array([_hash(shingle) for shingle in shingles], np.uint64)
    multipliers, offsets = _hash_functions()
    minima = np.full(PERMUTATIONS, np.iinfo(np.uint32).max, np.uint64)
    # Process in blocks, so that a book needs no more memory than a page.
    for begin in range(0, len(hashes), 1024):
        values = (hashes[begin : begin + 1024, None] * multipliers + offsets) >> np.uint64(32)
        minima = np.minimum(minima, values.min(0))
    return minima.astype("<u4").tobytes()


def image_bands(signature: int, bits: int) -> list[str]:
    """Return bands of a perceptual hash; two hashes that differ in at most `bits` bits share at least one."""
    digits = f"{signature & (2**64 - 1):064b}"
    edges = [64 * part // (bits + 1) for part in range(bits + 2)]
    return [f"{part}:{digits[a:b]}" for part, (a, b) in enumerate(zip(edges, edges[1:], strict=False))]


def text_bands(signature: bytes) -> list[str]:
    """Return bands of a MinHash signature; similar texts very likely share at least one."""
    size = len(signature) // BANDS
    return [f"{band}:{signature[band * size : (band + 1) * size].hex()}" for band in range(BANDS)]


def images_are_near(left: int, right: int, bits: int) -> bool:
    """Return whether two perceptual hashes differ in at most `bits` bits."""
    return ((left ^ right) & (2**64 - 1)).bit_count() <= bits


def texts_are_near(left: bytes, right: bytes, similarity: float) -> bool:
    """Return whether the estimated Jaccard similarity of two MinHash signatures is at least `similarity`."""
    equal = np.frombuffer(left, "<u4") == np.frombuffer(right, "<u4")
    return bool(equal.mean() >= similarity)


def _hash(shingle: str) -> int:
    return int.from_bytes(hashlib.blake2b(shingle.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@lru_cache
def _dct_matrix() -> NDArray[np.float64]:
    """Return the first rows of the DCT-II matrix, (LOW_FREQUENCIES, IMAGE_SIDE)."""
    frequency, position = np.arange(LOW_FREQUENCIES)[:, None], np.arange(IMAGE_SIDE)[None, :]
    cosines: NDArray[np.float64] = np.cos(np.pi * frequency * (2 * position + 1) / (2 * IMAGE_SIDE))
    return cosines


@lru_cache
def _hash_functions() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    random = np.random.default_rng(1)
    multipliers = random.integers(0, 2**63, PERMUTATIONS, np.uint64) * np.uint64(2) + np.uint64(1)
    return multipliers, random.integers(0, 2**63, PERMUTATIONS, np.uint64)
