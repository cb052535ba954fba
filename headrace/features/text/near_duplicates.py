"""Signatures of texts by which near duplicates are found; they need no Spark."""

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.preparation import NearDuplicates

SIGNATURE = "minhash"

PERMUTATIONS = 128
BANDS = 32  # of a signature; two texts of similarity 0.6 share one with probability 99 %
SHINGLE_WORDS = 5


def make_bands(settings: NearDuplicates) -> Callable[[bytes], list[str]]:
    """See `NearDuplicatesInterface`."""
    return text_bands


def make_test(settings: NearDuplicates) -> Callable[[bytes, bytes], bool]:
    """See `NearDuplicatesInterface`."""
    return partial(texts_are_near, similarity=settings.similarity)


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


def text_bands(signature: bytes) -> list[str]:
    """Return bands of a MinHash signature; similar texts very likely share at least one."""
    size = len(signature) // BANDS
    return [f"{band}:{signature[band * size : (band + 1) * size].hex()}" for band in range(BANDS)]


def texts_are_near(left: bytes, right: bytes, similarity: float) -> bool:
    """Return whether the estimated Jaccard similarity of two MinHash signatures is at least `similarity`."""
    equal = np.frombuffer(left, "<u4") == np.frombuffer(right, "<u4")
    return bool(equal.mean() >= similarity)


def _hash(shingle: str) -> int:
    return int.from_bytes(hashlib.blake2b(shingle.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@lru_cache
def _hash_functions() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    random = np.random.default_rng(1)
    multipliers = random.integers(0, 2**63, PERMUTATIONS, np.uint64) * np.uint64(2) + np.uint64(1)
    return multipliers, random.integers(0, 2**63, PERMUTATIONS, np.uint64)
