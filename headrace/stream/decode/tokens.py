"""Texts of differing length as one array: padded with zeros to the shortest bucket that holds the longest.

A few lengths, rather than any, spare TensorFlow a new trace and new memory for each.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.stream.read.columns import BinaryColumn

SHORTEST_BUCKET = 16


def buckets_for(contract: Contract, wished: Sequence[int] | None = None) -> tuple[int, ...]:
    """Rising lengths, of which the last holds every text of the table.

    Args:
        wished: lengths; 16, 32, 64 ... if not given. Those beyond the longest text are left out.
    """
    longest = contract.tokenizer.max_length if contract.tokenizer else None
    if longest is None:
        return tuple(wished or ())
    lengths = wished or [SHORTEST_BUCKET << power for power in range(longest.bit_length())]
    return (*(length for length in lengths if length < longest), longest)


def choose_bucket(length: int, buckets: Sequence[int]) -> int:
    """The shortest of `buckets` that holds `length` tokens; 1 or `length` itself where none does."""
    return next((bucket for bucket in buckets if bucket >= length), max(1, length))


def padded_tokens(stored: BinaryColumn, dtype: str, buckets: Sequence[int]) -> NDArray[np.int32]:
    """(rows, bucket): the tokens of each row and then zeros.

    Args:
        stored: little-endian numbers of `dtype`.
        buckets: rising lengths; the first that holds the longest row is used.
    """
    kind = np.dtype(dtype).newbyteorder("<")
    lengths = stored.lengths // kind.itemsize
    bucket = choose_bucket(int(lengths.max(initial=0)), buckets)
    padded = np.zeros((len(stored), bucket), np.int32)
    padded[np.arange(bucket) < lengths[:, None]] = stored.data.view(kind)
    return padded
