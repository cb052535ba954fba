"""Pad sequences of tokens to the smallest bucket that fits the longest one.

With a few fixed lengths TensorFlow needs few traces and memory allocations.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn

SHORTEST_BUCKET = 16


def buckets_for(contract: Contract, configured: Sequence[int] | None = None) -> tuple[int, ...]:
    """Return increasing bucket lengths; the last holds every text of the table.

    Args:
        contract: contract of the table.
        configured: lengths; 16, 32, 64 ... if None. Lengths beyond the longest text are left out.
    """
    vocabulary = contract.vocabulary
    if vocabulary is None:
        return tuple(configured or ())
    longest = vocabulary.max_length
    lengths = configured or [SHORTEST_BUCKET << power for power in range(longest.bit_length())]
    return (*(length for length in lengths if length < longest), longest)


def choose_bucket(length: int, buckets: Sequence[int]) -> int:
    """Return the shortest of `buckets` that holds `length` tokens; `length`, at least 1, if none does."""
    return next((bucket for bucket in buckets if bucket >= length), max(1, length))


def padded_tokens(stored: BinaryColumn, dtype: str, buckets: Sequence[int]) -> NDArray[np.int32]:
    """Return the tokens of each row, padded with zeros: (rows, bucket).

    Args:
        stored: little-endian token ids of `dtype`.
        dtype: data type of the stored ids.
        buckets: increasing lengths; the first that holds the longest row is used.
    """
    stored_dtype = np.dtype(dtype).newbyteorder("<")
    lengths = stored.lengths // stored_dtype.itemsize
    bucket = choose_bucket(int(lengths.max(initial=0)), buckets)
    padded = np.zeros((len(stored), bucket), np.int32)
    padded[np.arange(bucket) < lengths[:, None]] = stored.data.view(stored_dtype)
    return padded
