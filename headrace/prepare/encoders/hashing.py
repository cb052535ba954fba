"""What follows from a record's prepared content alone: its hash and its split."""

import hashlib

import numpy as np
import xxhash
from numpy.typing import NDArray

from headrace.config.configuration import Splits


def content_hash(values: NDArray[np.uint8] | NDArray[np.float32]) -> str:
    """XXH3 (128 bits, hexadecimal) of shape and values: equal for records a model cannot tell apart.

    Not a cryptographic hash, of which the fastest would take a tenth of the time that a photo's codecs take: who can
    write into the raw data can also choose what is in it.
    """
    digest = xxhash.xxh3_128(repr(values.shape).encode())
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def text_hash(text: str) -> str:
    """BLAKE2b (128 bits, hexadecimal) of a clean text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def hash_split(content: str, splits: Splits) -> str:
    """`train`, `val` or `test` for a content hash; equal content is always in the same split."""
    position = int(content[:13], 16) / 2**52  # exact, and below 1
    if position < splits.test:
        return "test"
    return "val" if position < splits.test + splits.val else "train"
