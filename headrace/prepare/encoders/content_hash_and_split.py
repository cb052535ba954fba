"""Content hashes of prepared records, and the split that a hash decides."""

import hashlib

import numpy as np
import xxhash
from numpy.typing import NDArray

from headrace.config.configuration_model import Splits


def content_hash(values: NDArray[np.uint8] | NDArray[np.float32]) -> str:
    """Return the XXH3 hash (128 bits, hexadecimal) of shape and values; equal for records a model cannot tell apart.

    The hash is not cryptographic: the fastest such hash takes a tenth of the time of a photo's codecs, and whoever can
    write the raw data can choose its content anyway.
    """
    digest = xxhash.xxh3_128(repr(values.shape).encode())
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def text_hash(text: str) -> str:
    """Return the BLAKE2b hash (128 bits, hexadecimal) of a clean text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def split_from_hash(content: str, splits: Splits) -> str:
    """Return `train`, `val` or `test` for a content hash; equal content is always in the same split."""
    position = int(content[:13], 16) / 2**52  # exact, and below 1
    if position < splits.test:
        return "test"
    return "val" if position < splits.test + splits.val else "train"
