"""Splits by the hash of a name: the same on every machine and independent of other records."""

import hashlib

# In percent; the rest is the test split.
TRAIN, VAL = 80, 10


def assign_split(name: str) -> str:
    """Return `train` for about 80 % of names, `val` and `test` for 10 % each."""
    bucket = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % 100
    return "train" if bucket < TRAIN else "val" if bucket < TRAIN + VAL else "test"
