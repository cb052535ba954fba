"""Arrays in cells are those that NumPy wrote; anything else is rejected with a reason."""

import io
import zipfile
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.tables.cells.npy_cell_pixels import read_pixels
from tests.support.petastorm_data import array_bytes

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12)) | st.tuples(
    st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])
)
PIXELS = arrays.arrays(np.uint8, SHAPES)
LIMIT = 10_000


@given(PIXELS, st.booleans(), st.booleans())
def test_pixels_are_those_that_were_saved(pixels: np.ndarray[Any, Any], compressed: bool, by_columns: bool) -> None:
    saved = array_bytes(np.asfortranarray(pixels) if by_columns else pixels, compressed)
    found = read_pixels(saved, LIMIT, compressed=compressed)
    assert found.shape == (*pixels.shape[:2], pixels.shape[2] if pixels.ndim == 3 else 1)
    assert np.array_equal(found.reshape(pixels.shape), pixels)
    assert found.flags.c_contiguous


@given(
    PIXELS, st.booleans(), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))), st.floats(0, 1)
)
def test_damaged_array_is_read_or_rejected(
    pixels: np.ndarray[Any, Any], compressed: bool, flips: list[tuple[float, int]], end: float
) -> None:
    saved = bytearray(array_bytes(pixels, compressed))
    for place, value in flips:
        saved[int(place * len(saved))] = value
    with suppress(RejectedRecordError):
        read_pixels(bytes(saved[: round(end * len(saved))]), LIMIT, compressed=compressed)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00\x20", b"PK\x03\x04"]))
def test_other_bytes_are_rejected(data: bytes, beginning: bytes) -> None:
    for compressed in (False, True):
        with pytest.raises(RejectedRecordError, match="damaged"):
            read_pixels(beginning + data, LIMIT, compressed=compressed)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((4, 4), np.float32), r"not_an_image: an array of float32, \(4, 4\); expected uint8"),
        (np.zeros((3, 8, 8), np.uint8), r"not_an_image: an array of uint8, \(3, 8, 8\)"),
        (np.zeros((8, 8, 4), np.uint8), r"not_an_image: .*\(8, 8, 4\)"),
        (np.zeros((), np.uint8), "not_an_image"),
        (np.zeros((0, 8), np.uint8), r"empty: an array without pixels, \(0, 8\)"),
        (np.zeros((101, 100), np.uint8), "too_many_bytes: an array of 10100 bytes, the limit is 10000"),
        (np.array([["a", None]], object), "not_an_image: an array of object"),
    ],
)
def test_array_that_is_not_an_image_is_rejected_with_a_reason(
    array: np.ndarray[Any, Any], says: str, compressed: bool
) -> None:
    with pytest.raises(RejectedRecordError, match=says):
        read_pixels(array_bytes(array, compressed), LIMIT, compressed=compressed)


def test_header_that_promises_too_much_takes_no_memory() -> None:
    buffer = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": (2**40, 2**40, 3)}
    np.lib.format.write_array_header_1_0(buffer, header)
    with pytest.raises(RejectedRecordError, match="too_many_bytes"):
        read_pixels(buffer.getvalue(), LIMIT, compressed=False)


def test_zip_file_without_the_array_is_rejected() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("other.npy", array_bytes(np.zeros((4, 4), np.uint8)))
    with pytest.raises(RejectedRecordError, match=r"no item named 'arr\.npy'"):
        read_pixels(buffer.getvalue(), LIMIT, compressed=True)
