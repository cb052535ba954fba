"""Detect the compression of a file from its first bytes, because names are often wrong, and read what it holds.

A compressed file may consist of several members or frames, one after the other: pigz, bgzip, pbzip2 and pixz write it
so, and `cat` joins files so. All of them are read, and what follows the last one is damage unless it is padding.
"""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SIGNATURES = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
# The longest signature.
HEAD_BYTES = 6
READ_BYTES = 2**16


class _Members(io.RawIOBase):
    """The content of all members; `BZ2File` and `LZMAFile` drop what follows the first one if it is damaged."""

    def __init__(self, raw: IO[bytes], start: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]) -> None:
        self._raw, self._start = raw, start
        self._member, self._next = start(), b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the beginning of `buffer`, and return how many bytes; 0 at the end.

        Raises:
            EOFError: a member has no end.
            OSError, lzma.LZMAError: a member is damaged.
        """
        view = memoryview(buffer)
        while True:
            if self._member.eof and not self._begin_next():
                return 0
            data = self._next or (self._raw.read(READ_BYTES) if self._member.needs_input else b"")
            if not data and self._member.needs_input:
                raise EOFError("the file ends before its compressed data does")
            self._next = b""
            content = self._member.decompress(data, len(view))
            if content:
                view[: len(content)] = content
                return len(content)

    def _begin_next(self) -> bool:
        """Begin the next member; return False if only padding is left."""
        rest = self._member.unused_data or self._raw.read(READ_BYTES)
        while rest:
            self._next = rest.lstrip(b"\0")
            if self._next:
                self._member = self._start()
                return True
            rest = self._raw.read(READ_BYTES)
        return False


class _UnclosedFile(io.RawIOBase):
    """A file that pyarrow may close, as it does with the streams it is given, without closing it for others."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the beginning of `buffer`, and return how many bytes; 0 at the end."""
        view = memoryview(buffer)
        data = self._raw.read(len(view))
        view[: len(data)] = data
        return len(data)


def find_compression(head: bytes) -> str | None:
    """Return the compression of a file that begins with `head`, of at least HEAD_BYTES bytes; None if there is none."""
    return next((name for signature, name in SIGNATURES.items() if head.startswith(signature)), None)


def open_decompressed(raw: IO[bytes]) -> IO[bytes]:
    """Return a stream of the content of a file from its beginning on; `raw` itself if it is not compressed."""
    raw.seek(0)
    found = find_compression(raw.read(HEAD_BYTES))
    raw.seek(0)
    match found:
        case "gzip":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
        case "bzip2":
            return io.BufferedReader(_Members(raw, bz2.BZ2Decompressor))
        case "xz":
            return io.BufferedReader(_Members(raw, lzma.LZMADecompressor))
        case "zstd":
            return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(_UnclosedFile(raw), "r"), "zstd"))
    return raw
