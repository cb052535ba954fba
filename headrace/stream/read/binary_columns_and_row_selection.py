"""Columns of rows on their way from shard to step: NumPy arrays for numbers and strings, Arrow buffers for bytes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def reuse_freed_memory() -> None:
    """Make Arrow reuse freed memory, in the whole process."""
    pa.set_memory_pool(pa.mimalloc_memory_pool())


def aligned_buffer(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a writable uint8 array at an address (a multiple of 64) that TensorFlow takes without copying."""
    return np.frombuffer(pa.allocate_buffer(int(np.prod(shape))), np.uint8).reshape(shape)


class BinaryColumn:
    """The byte strings of some rows, as positions in Arrow's buffers; nothing is copied until the bytes are read.

    Creating a Python object per row takes longer than reading a small image, and each copy of photographs costs a
    fiftieth of their decoding.

    Args:
        arrays: Arrow arrays of bytes.
        array_index: index of each row's array, (rows,).
        row_index: index of each row in its array, (rows,).
    """

    def __init__(self, arrays: Sequence[pa.Array], array_index: NDArray[np.int32], row_index: Indices) -> None:
        self._arrays = arrays
        self._array_index = array_index
        self._row_index = row_index

    @classmethod
    def from_array(cls, array: pa.Array) -> "BinaryColumn":
        """Create a column of all rows of `array`."""
        return cls([array], np.zeros(len(array), np.int32), np.arange(len(array)))

    @classmethod
    def from_values(cls, values: Sequence[bytes]) -> "BinaryColumn":
        """Create a column of `values`."""
        return cls.from_array(pa.array(values, pa.binary()))

    @classmethod
    def concat(cls, parts: Sequence["BinaryColumn"]) -> "BinaryColumn":
        """Concatenate `parts`, at least one."""
        arrays = list({id(array): array for part in parts for array in part._arrays}.values())
        number = {id(array): number for number, array in enumerate(arrays)}
        array_index = [
            np.array([number[id(array)] for array in part._arrays], np.int32)[part._array_index] for part in parts
        ]
        return cls(arrays, np.concatenate(array_index), np.concatenate([part._row_index for part in parts]))

    def __len__(self) -> int:
        return len(self._row_index)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | Indices) -> "BinaryColumn":
        """Select rows by a slice, a mask or indices."""
        return BinaryColumn(self._arrays, self._array_index[rows], self._row_index[rows])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Length of each row in bytes, (rows,)."""
        begins, ends = self._bounds()
        return ends - begins

    @property
    def data(self) -> NDArray[np.uint8]:
        """Bytes of all rows, concatenated; for rows of equal length in memory aligned to 64 bytes."""
        begins, ends = self._bounds()
        width = int(ends[0] - begins[0]) if len(self) else 0
        if width == 0 or (ends - begins != width).any():
            return np.frombuffer(b"".join(self.views()), np.uint8)
        gathered = aligned_buffer((len(self), width))
        for number, rows in self._rows_by_array():
            # Values of equal width form the rows of a matrix, if no other value lies between them.
            first, indices = np.divmod(begins[rows], width)[::-1]
            if (first != first[0]).any():
                return np.frombuffer(b"".join(self.views()), np.uint8)
            stored = _bytes(self._arrays[number])[first[0] :]
            gathered[rows] = stored[: len(stored) // width * width].reshape(-1, width)[indices]
        return gathered.ravel()

    def views(self) -> list[memoryview]:
        """Return views of each row's bytes, without copying."""
        buffers = [_bytes(array).data for array in self._arrays]
        rows = zip(self._array_index.tolist(), *(bound.tolist() for bound in self._bounds()), strict=True)
        return [buffers[number][begin:end] for number, begin, end in rows]

    def tolist(self) -> list[bytes]:
        """Return each row as a bytes object."""
        return [bytes(view) for view in self.views()]

    def objects(self) -> NDArray[Any]:
        """Return the rows as bytes objects in a NumPy array, the form in which TensorFlow takes strings."""
        array = np.empty(len(self), object)
        array[:] = self.tolist()
        return array

    def _bounds(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the start and end of each row in the bytes of its array, (rows,) each."""
        begins, ends = np.empty((2, len(self)), np.int64)
        for number, rows in self._rows_by_array():
            offsets = _offsets(self._arrays[number])
            begins[rows], ends[rows] = offsets[self._row_index[rows]], offsets[self._row_index[rows] + 1]
        return begins, ends

    def _rows_by_array(self) -> Iterator[tuple[int, Indices]]:
        """Yield the index of each array that holds a row, and the positions of its rows in this column."""
        if not len(self):
            return iter(())
        order = np.argsort(self._array_index, kind="stable")
        numbers, begins = np.unique(self._array_index[order], return_index=True)
        return zip(numbers.tolist(), np.split(order, begins[1:]), strict=True)


def _bytes(array: pa.Array) -> NDArray[np.uint8]:
    return np.frombuffer(array.buffers()[2] or b"", np.uint8)


def _offsets(array: pa.Array) -> NDArray[np.int32]:
    return np.frombuffer(array.buffers()[1] or bytes(4), np.int32)[array.offset : array.offset + len(array) + 1]


# NumPy arrays, or `BinaryColumn` for bytes; all have a length and `tolist`, and take slices, masks and indices.
Columns = Mapping[str, Any]


def column_values(column: pa.ChunkedArray) -> NDArray[Any] | BinaryColumn:
    """Return the values of one column of an Arrow table; numbers are not copied."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_binary(column.type):
        return BinaryColumn.from_array(array)
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values.astype(np.str_) if pa.types.is_string(column.type) else values


def take_rows(columns: Columns, rows: slice | Indices) -> Columns:
    """Select rows of all columns."""
    return {name: values[rows] for name, values in columns.items()}


def concat_rows(parts: Sequence[Columns]) -> Columns:
    """Concatenate the rows of `parts`, at least one."""
    return {name: _concat([part[name] for part in parts]) for name in parts[0]}


def _concat(parts: Sequence[Any]) -> NDArray[Any] | BinaryColumn:
    if isinstance(parts[0], BinaryColumn):
        return BinaryColumn.concat(parts)
    values: NDArray[Any] = np.concatenate(parts)
    return values


def count_rows(columns: Columns) -> int:
    """Return the number of rows."""
    return len(next(iter(columns.values())))
