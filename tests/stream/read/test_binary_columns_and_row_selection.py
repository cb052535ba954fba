"""Byte strings in Arrow buffers are selected, concatenated and gathered like a list of bytes."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stream.read.binary_columns_and_row_selection import (
    BinaryColumn,
    column_values,
    concat_rows,
    count_rows,
    take_rows,
)

values = st.lists(st.binary(max_size=5), max_size=8)
same_widths = st.integers(0, 4).flatmap(lambda width: st.lists(st.binary(min_size=width, max_size=width), max_size=8))


@given(st.lists(values | same_widths, min_size=1, max_size=4), st.data())
def test_selection_of_concatenated_columns_equals_list(lists: list[list[bytes]], data: st.DataObject) -> None:
    column, plain = (
        BinaryColumn.concat([BinaryColumn.from_values(each) for each in lists]),
        [value for each in lists for value in each],
    )
    assert column.tolist() == plain
    if plain:
        indices = np.array(data.draw(st.lists(st.integers(0, len(plain) - 1), max_size=12)), np.int64)
        column, plain = column[indices], [plain[index] for index in indices]
    begin, stop = sorted(data.draw(st.tuples(st.integers(0, 12), st.integers(0, 12))))
    column, plain = column[begin:stop], plain[begin:stop]
    assert len(column) == len(plain)
    assert column.tolist() == plain
    assert column.objects().tolist() == plain
    assert column.lengths.tolist() == [len(value) for value in plain]
    assert column.data.tobytes() == b"".join(plain)
    assert [bytes(view) for view in column.views()] == plain


@given(values.filter(bool), st.data())
def test_sliced_arrow_array_starts_at_slice(plain: list[bytes], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(plain)))
    column = BinaryColumn.from_array(pa.array(plain, pa.binary()).slice(begin))
    assert column.tolist() == plain[begin:]
    assert column.data.tobytes() == b"".join(plain[begin:])


def test_mask_selects_rows() -> None:
    assert BinaryColumn.from_values([b"a", b"b", b"c"])[np.array([True, False, True])].tolist() == [b"a", b"c"]


def test_data_is_aligned_for_tensorflow() -> None:
    column = BinaryColumn.from_values([bytes([row] * 784) for row in range(100)])
    assert column[np.arange(99, -1, -1)].data.ctypes.data % 64 == 0


def test_column_values_keep_their_type() -> None:
    table = pa.table({"n": pa.array([1, 2, 3], pa.int32()), "s": ["a", "b", "ü"], "b": [b"x", b"", b"yz"]})
    columns = {name: column_values(table[name]) for name in table.column_names}
    both = concat_rows([take_rows(columns, slice(1, 3)), take_rows(columns, np.array([0, 0]))])
    assert {name: found.tolist() for name, found in both.items()} == {
        "n": [2, 3, 1, 1],
        "s": ["b", "ü", "a", "a"],
        "b": [b"", b"yz", b"x", b"x"],
    }
    assert both["n"].dtype == np.int32
    assert count_rows(both) == 4


@pytest.mark.parametrize("kind", [pa.string(), pa.int32(), pa.binary()])
def test_column_values_combine_chunks(kind: pa.DataType) -> None:
    value = {"string": "a", "int32": 1, "binary": b"a"}[str(kind)]
    chunked = pa.chunked_array([pa.array([value], kind), pa.array([value, value], kind)])
    assert column_values(chunked).tolist() == [value] * 3
    assert column_values(pa.chunked_array([], kind)).tolist() == []


def test_data_gathers_equal_lengths_among_other_values() -> None:
    column = BinaryColumn.from_values([b"xx", b"a", b"yy", b"bcd", b"zz"])[np.array([4, 0, 2])]
    assert column.data.tobytes() == b"zzxxyy"
