"""Columns of rows as they travel from shard to step: NumPy for numbers and strings, Arrow's buffers for bytes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Places = NDArray[np.int64]


class Binary:
    """The byte strings of a column, one after another in memory.

    A Python object for each of them would take longer to make than a small image takes to read.
    """

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    @classmethod
    def of(cls, values: Sequence[bytes]) -> "Binary":
        """A column of `values`."""
        return cls(pa.array(values, pa.binary()))

    @classmethod
    def joined(cls, parts: Sequence["Binary"]) -> "Binary":
        """All rows of `parts`, at least one, in their order."""
        return parts[0] if len(parts) == 1 else cls(pa.concat_arrays([part._array for part in parts]))

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | Places) -> "Binary":
        """The rows of a slice (nothing is copied), of a mask, or at some places."""
        if isinstance(rows, slice):
            begin, stop, step = rows.indices(len(self))
            if step == 1:
                return Binary(self._array.slice(begin, max(0, stop - begin)))
            rows = np.arange(begin, stop, step)
        return Binary(self._array.take(pa.array(np.flatnonzero(rows) if rows.dtype == np.bool_ else rows)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each row."""
        return np.diff(self._offsets()).astype(np.int64)

    @property
    def data(self) -> NDArray[np.uint8]:
        """The bytes of all rows, one after another; nothing is copied."""
        begin, stop = self._offsets()[[0, -1]].tolist()
        buffer = self._array.buffers()[2]
        return np.frombuffer(buffer or b"", np.uint8)[begin:stop]

    def views(self) -> list[memoryview]:
        """The bytes of each row, where they are; nothing is copied."""
        data, ends = self.data.data, self.lengths.cumsum().tolist()
        return [data[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]

    def tolist(self) -> list[bytes]:
        """Each row as a Python object."""
        return cast(list[bytes], self._array.to_pylist())

    def objects(self) -> NDArray[Any]:
        """Each row as a Python object in a NumPy array, as TensorFlow takes strings."""
        return cast(NDArray[Any], self._array.to_numpy(zero_copy_only=False))

    def _offsets(self) -> NDArray[np.int32]:
        first = self._array.offset
        buffer = self._array.buffers()[1]
        if buffer is None or not len(self._array):
            return np.zeros(1, np.int32)
        return np.frombuffer(buffer, np.int32)[first : first + len(self._array) + 1]


# NumPy arrays, or Binary for bytes; all have a length, take slices, masks and places, and give `tolist`.
Columns = Mapping[str, Any]


def values_of(column: pa.ChunkedArray) -> NDArray[Any] | Binary:
    """The values of one column of a table; numbers are not copied."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_binary(column.type):
        return Binary(array)
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values.astype(np.str_) if pa.types.is_string(column.type) else values


def rows_at(columns: Columns, rows: slice | Places) -> Columns:
    """The same columns of some rows only."""
    return {name: values[rows] for name, values in columns.items()}


def joined(parts: Sequence[Columns]) -> Columns:
    """All rows of `parts`, at least one, in their order."""
    return {name: _joined([part[name] for part in parts]) for name in parts[0]}


def _joined(parts: Sequence[Any]) -> NDArray[Any] | Binary:
    if isinstance(parts[0], Binary):
        return Binary.joined(parts)
    values: NDArray[Any] = np.concatenate(parts)
    return values


def count(columns: Columns) -> int:
    """How many rows there are."""
    return len(next(iter(columns.values())))
