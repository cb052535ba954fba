"""Pad sequences of tokens to the smallest bucket that fits the longest one.

With a few fixed lengths TensorFlow needs few traces and memory allocations.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.one_or_several_inputs import Inputs, row_count, select_rows
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


def padded_length(contract: Contract, configured: Sequence[int] | None) -> int | None:
    """Return the length that every text is padded to; None if there are several lengths, or no texts.

    Args:
        contract: contract of one input.
        configured: see `buckets_for`.
    """
    buckets = buckets_for(contract, configured)
    return buckets[0] if contract.vocabulary is not None and len(buckets) == 1 else None


def pad_twice(inputs: Inputs, contract: Contract, configured: Sequence[int] | None) -> tuple[Inputs, Inputs] | None:
    """Return rows of a batch with texts padded to the longest of them, and to the longest of the table.

    None if no text may be padded to several lengths, or no row has shorter texts.
    """
    longest = {
        name: one.vocabulary.max_length
        for name, one in contract.inputs.items()
        if one.vocabulary is not None and padded_length(one, configured) is None
    }
    texts = {name: inputs[name] if isinstance(inputs, dict) else inputs for name in longest}
    is_shorter = np.ones(row_count(inputs), bool)
    for name, tokens in texts.items():
        is_shorter &= _lengths(tokens) < longest[name]
    if not longest or not is_shorter.any():
        return None
    rows = select_rows(inputs, is_shorter)

    def padded(lengths: dict[str, int]) -> Inputs:
        changed = {name: _resize(texts[name][is_shorter], length) for name, length in lengths.items()}
        return {**rows, **changed} if isinstance(rows, dict) else next(iter(changed.values()))

    return padded({name: int(_lengths(texts[name][is_shorter]).max()) for name in texts}), padded(longest)


def _lengths(tokens: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the number of tokens of each row, at least 1, up to its last one that is not 0."""
    reversed_positions = (tokens[:, ::-1] != 0).argmax(1)
    return np.where((tokens != 0).any(1), tokens.shape[1] - reversed_positions, 1)


def _resize(tokens: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    """Return the rows with `length` columns: padding is appended or cut off."""
    kept = tokens[:, :length]
    return np.pad(kept, ((0, 0), (0, length - kept.shape[1])))


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
