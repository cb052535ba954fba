"""Columns of rows as they travel from shard to step: NumPy for numbers and strings, Arrow's buffers for bytes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Places = NDArray[np.int64]


def keep_freed_memory() -> None:
    """Let Arrow keep freed memory for what it reads next, in all of this process."""
    pa.set_memory_pool(pa.mimalloc_memory_pool())


def aligned_buffer(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Bytes to be written to, at an address (a multiple of 64) that TensorFlow takes without copying."""
    return np.frombuffer(pa.allocate_buffer(int(np.prod(shape))), np.uint8).reshape(shape)


class BinaryColumn:
    """The byte strings of some rows: where they lie in Arrow's buffers. Nothing is copied until all are asked for.

    A Python object for each row would take longer to make than a small image takes to read, and each copy of
    photographs costs a fiftieth of their decoding.
    """

    def __init__(self, arrays: Sequence[pa.Array], array_of: NDArray[np.int32], place: Places) -> None:
        self._arrays = arrays
        self._array_of = array_of
        self._place = place

    @classmethod
    def whole(cls, array: pa.Array) -> "BinaryColumn":
        """All rows of `array`."""
        return cls([array], np.zeros(len(array), np.int32), np.arange(len(array)))

    @classmethod
    def of(cls, values: Sequence[bytes]) -> "BinaryColumn":
        """A column of `values`."""
        return cls.whole(pa.array(values, pa.binary()))

    @classmethod
    def joined(cls, parts: Sequence["BinaryColumn"]) -> "BinaryColumn":
        """All rows of `parts`, at least one, in their order."""
        arrays = list({id(array): array for part in parts for array in part._arrays}.values())
        number = {id(array): number for number, array in enumerate(arrays)}
        array_of = [np.array([number[id(array)] for array in part._arrays], np.int32)[part._array_of] for part in parts]
        return cls(arrays, np.concatenate(array_of), np.concatenate([part._place for part in parts]))

    def __len__(self) -> int:
        return len(self._place)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | Places) -> "BinaryColumn":
        """The rows of a slice, of a mask, or at some places."""
        return BinaryColumn(self._arrays, self._array_of[rows], self._place[rows])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each row."""
        begins, ends = self._edges()
        return ends - begins

    @property
    def data(self) -> NDArray[np.uint8]:
        """The bytes of all rows, one after another, in memory that begins at a multiple of 64."""
        begins, ends = self._edges()
        width = int(ends[0] - begins[0]) if len(self) else 0
        if width == 0 or (ends - begins != width).any():
            return np.frombuffer(b"".join(self.views()), np.uint8)
        found = aligned_buffer((len(self), width))
        for number, rows in self._rows_of_arrays():
            # Values of one width lie in rows, as of a matrix, where no other value lies between them.
            first, places = np.divmod(begins[rows], width)[::-1]
            if (first != first[0]).any():
                return np.frombuffer(b"".join(self.views()), np.uint8)
            stored = _bytes(self._arrays[number])[first[0] :]
            found[rows] = stored[: len(stored) // width * width].reshape(-1, width)[places]
        return found.ravel()

    def views(self) -> list[memoryview]:
        """The bytes of each row, where they are."""
        buffers = [_bytes(array).data for array in self._arrays]
        rows = zip(self._array_of.tolist(), *(edge.tolist() for edge in self._edges()), strict=True)
        return [buffers[number][begin:end] for number, begin, end in rows]

    def tolist(self) -> list[bytes]:
        """Each row as a Python object."""
        return [bytes(view) for view in self.views()]

    def objects(self) -> NDArray[Any]:
        """Each row as a Python object in a NumPy array, as TensorFlow takes strings."""
        found = np.empty(len(self), object)
        found[:] = self.tolist()
        return found

    def _edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each row begins and ends in its array's bytes."""
        begins, ends = np.empty((2, len(self)), np.int64)
        for number, rows in self._rows_of_arrays():
            offsets = _offsets(self._arrays[number])
            begins[rows], ends[rows] = offsets[self._place[rows]], offsets[self._place[rows] + 1]
        return begins, ends

    def _rows_of_arrays(self) -> Iterator[tuple[int, Places]]:
        """Each array that any row is in, and those rows."""
        if not len(self):
            return iter(())
        order = np.argsort(self._array_of, kind="stable")
        numbers, begins = np.unique(self._array_of[order], return_index=True)
        return zip(numbers.tolist(), np.split(order, begins[1:]), strict=True)


def _bytes(array: pa.Array) -> NDArray[np.uint8]:
    return np.frombuffer(array.buffers()[2] or b"", np.uint8)


def _offsets(array: pa.Array) -> NDArray[np.int32]:
    return np.frombuffer(array.buffers()[1] or bytes(4), np.int32)[array.offset : array.offset + len(array) + 1]


# NumPy arrays, or Binary for bytes; all have a length, take slices, masks and places, and give `tolist`.
Columns = Mapping[str, Any]


def column_values(column: pa.ChunkedArray) -> NDArray[Any] | BinaryColumn:
    """The values of one column of a table; numbers are not copied."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_binary(column.type):
        return BinaryColumn.whole(array)
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values.astype(np.str_) if pa.types.is_string(column.type) else values


def take_rows(columns: Columns, rows: slice | Places) -> Columns:
    """The same columns of some rows only."""
    return {name: values[rows] for name, values in columns.items()}


def concat_rows(parts: Sequence[Columns]) -> Columns:
    """All rows of `parts`, at least one, in their order."""
    return {name: _concat([part[name] for part in parts]) for name in parts[0]}


def _concat(parts: Sequence[Any]) -> NDArray[Any] | BinaryColumn:
    if isinstance(parts[0], BinaryColumn):
        return BinaryColumn.joined(parts)
    values: NDArray[Any] = np.concatenate(parts)
    return values


def count(columns: Columns) -> int:
    """How many rows there are."""
    return len(next(iter(columns.values())))
