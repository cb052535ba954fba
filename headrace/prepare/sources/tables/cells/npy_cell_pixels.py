"""Decode pixels in table cells, stored by `np.save` or `np.savez_compressed`.

Format: NumPy's documentation, `numpy.lib.format`. The header is read first, so that no more is decompressed than it
promises and the limit allows, and nothing is ever unpickled.
"""

import io
import lzma
import struct
import tokenize
import zipfile
import zlib
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

# Under this name Petastorm's CompressedNdarrayCodec keeps its array in the zip file.
MEMBER = "arr.npy"
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
DAMAGE = (
    *(ValueError, EOFError, OSError, KeyError, IndexError, TypeError, SyntaxError, OverflowError, RuntimeError),
    *(NotImplementedError, struct.error, tokenize.TokenError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)


def read_pixels(data: bytes, max_bytes: int, *, compressed: bool) -> NDArray[np.uint8]:
    """Return the array in `data` as pixels (height, width, 1 or 3).

    Args:
        max_bytes: maximum size of the decompressed array.
        compressed: whether `data` is a zip file with the array in it.

    Raises:
        RejectedRecordError: it is damaged, too large, empty, or not an image.
    """
    try:
        if not compressed:
            return _read(io.BytesIO(data), max_bytes)
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(MEMBER) as member:
            return _read(member, max_bytes)
    except DAMAGE as error:
        detail = f"the cell is not a NumPy array: {error}"
        raise RejectedRecordError(Reason.DAMAGED, detail) from None


def _read(file: IO[bytes], max_bytes: int) -> NDArray[np.uint8]:
    version = npy.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"its format has the version {version}")
    shape, by_columns, dtype = HEADERS[version](file)
    _require_image(shape, dtype)
    # Python's integers: sides from a header may be of any size.
    size = 1
    for side in shape:
        size *= side
    if size > max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"an array of {size} bytes, the limit is {max_bytes}")
    data = file.read(size)
    if len(data) != size:
        raise ValueError(f"it ends after {len(data)} of {size} bytes")
    pixels = np.frombuffer(data, np.uint8).reshape(shape, order="F" if by_columns else "C")
    return np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[..., None])


def _require_image(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> None:
    if dtype != np.uint8 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))):
        detail = f"an array of {dtype}, {shape}; expected uint8, height x width, alone or with 1 or 3 channels"
        raise RejectedRecordError(Reason.NOT_AN_IMAGE, detail)
    if 0 in shape:
        raise RejectedRecordError(Reason.EMPTY, f"an array without pixels, {shape}")
    if min(shape) < 0:
        raise ValueError(f"its header declares the shape {shape}")
