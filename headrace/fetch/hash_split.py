"""Splits by the hash of a name: the same on every machine and independent of other records."""

import hashlib

# In percent; the rest is the test split.
TRAIN, VAL = 80, 10


def assign_split(name: str, train: int = TRAIN, val: int = VAL) -> str:
    """Return `train` for about `train` percent of names, `val` for `val` percent, and `test` for the others."""
    bucket = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % 100
    return "train" if bucket < train else "val" if bucket < train + val else "test"
