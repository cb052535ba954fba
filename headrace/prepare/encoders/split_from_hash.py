"""Assign a record to a split by the hash of its content."""

from headrace.config.configuration import Splits


def split_from_hash(content: str, splits: Splits) -> str:
    """Return `train`, `val` or `test` for a content hash; equal content is always in the same split."""
    position = int(content[:13], 16) / 2**52  # exact, and below 1
    if position < splits.test:
        return "test"
    return "val" if position < splits.test + splits.val else "train"
