"""Text files as streams of characters: decompressed, decoded, with line breaks unchanged.

Compression is recognized by the first bytes and not by the name, as names are often wrong.
"""

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from headrace.errors import DataError

SIGNATURES = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))
UNREADABLE = (
    *((b"PK\x03\x04", "a zip archive or an Office document"), (b"\xd0\xcf\x11\xe0", "an Office document")),
    *((b"PAR1", "a Parquet file"), (b"%PDF", "a PDF document"), (b"ARROW1", "an Arrow file")),
)
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, pa.ArrowInvalid)
# In these every separator, quote and line break is one byte, and no other character holds that byte.
BYTEWISE = frozenset(("utf-8", "utf-8-sig", "ascii", "iso8859-1", "iso8859-15", "cp1252", "cp1250", "cp1251"))


def is_splittable(path: Path, encoding: str | None) -> bool:
    """Return whether line breaks can be found by their bytes: the file is not compressed, and not UTF-16."""
    with path.open("rb") as file:
        head = file.read(8)
    compressed = any(head.startswith(signature) for signature, _ in SIGNATURES)
    wide = any(head.startswith(mark) for mark, name in BYTE_ORDER_MARKS if name == "utf-16")
    return not compressed and not wide and (encoding or "utf-8") in BYTEWISE


@contextmanager
def open_text(path: Path, encoding: str | None, begin: int = 0, size: int = -1) -> Iterator[io.TextIOWrapper]:
    """Open a text file, or a part of an uncompressed one; bytes that cannot be decoded become surrogates.

    Args:
        encoding: None: UTF-8, or what a byte order mark says.
        begin: first byte of the part.
        size: bytes of the part; -1: up to the end.

    Raises:
        DataError: the file cannot be read, is damaged, or is no text.
    """
    try:
        with path.open("rb") as raw, _decompressed(raw, path) as file:
            mark = _byte_order_mark(file)
            if size >= 0:
                file.seek(begin)
                # A part is small enough for memory, and a text stream cannot be told where to stop.
                file = io.BytesIO(file.read(size))
            found = mark if mark and (encoding in (None, "utf-8") or mark == "utf-16") else encoding or "utf-8"
            if begin > 0 and found == "utf-8-sig":
                found = "utf-8"
            yield io.TextIOWrapper(file, found, "surrogateescape", newline="")
    except DAMAGE as error:
        raise DataError(f"{path} is damaged or cut off: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from None


def require_text(path: Path) -> None:
    """Raise if a file begins as no text does.

    Raises:
        DataError: it does.
        OSError: it cannot be read.
    """
    with path.open("rb") as raw:
        _decompressed(raw, path)


def line_ranges(path: Path, max_bytes: int, max_lines: int | None = None) -> list[tuple[int, int, int]]:
    """Return the first byte, the bytes and the number of the first line of ranges that cover an uncompressed file."""
    ranges, begin, first, end, number = list[tuple[int, int, int]](), 0, 1, 0, 1
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if end > begin and (end - begin >= max_bytes or number - first == max_lines):
                ranges.append((begin, end - begin, first))
                begin, first = end, number
            end += len(line)
    return [*ranges, (begin, end - begin, first)] if end else []


def undecodable(text: str) -> bool:
    """Return whether some bytes of `text` could not be decoded."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _byte_order_mark(file: IO[bytes]) -> str | None:
    head = file.read(3)
    file.seek(0)
    return next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def _decompressed(raw: IO[bytes], path: Path) -> IO[bytes]:
    head = raw.read(8)
    raw.seek(0)
    wrong = next((name for signature, name in UNREADABLE if head.startswith(signature)), None)
    if wrong is not None:
        raise DataError(f"{path} is {wrong}; expected text. Set data.source.format to its format, or unpack it.")
    match next((name for signature, name in SIGNATURES if head.startswith(signature)), None):
        case "gzip":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
        case "bzip2":
            return bz2.BZ2File(raw)
        case "xz":
            return lzma.LZMAFile(raw)
        case "zstd":
            return io.BytesIO(pa.CompressedInputStream(pa.PythonFile(raw), "zstd").read())
    return raw
