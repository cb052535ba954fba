"""Text files as streams of characters: decompressed, decoded, with line breaks unchanged."""

import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa

from headrace.errors import DataError
from headrace.prepare.encoders.file_signatures import HEAD_BYTES as FORMAT_BYTES
from headrace.prepare.encoders.file_signatures import name_binary, name_compression
from headrace.prepare.readers.compression import HEAD_BYTES, find_compression, open_decompressed

UNREADABLE = (
    (b"PK\x03\x04", "a zip archive or an Office document", "unpack the archive, or save the document as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Office document", "save it as CSV"),
    (b"PAR1", "a Parquet file", "give it a name that ends with .parquet, and a source of `prepare` the format parquet"),
    (b"%PDF", "a PDF document", "save its text"),
    (b"ARROW1", "an Arrow file", "save it as Parquet"),
    (b"FEA1", "a Feather file", "save it as Parquet"),
    (b"Obj\1", "an Avro file", "save it as Parquet"),
    (b"ORC", "an ORC file", "give it a name that ends with .orc, and a source of `prepare` the format orc"),
    (b"SQLite format 3\0", "an SQLite database", "export its table as CSV"),
    (b"\x89PNG", "a PNG image", "name a file of text"),
    (b"\xff\xd8\xff", "a JPEG image", "name a file of text"),
)
# The mark of UTF-32 begins like that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    *((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")),
    *((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")),
)
WIDE = frozenset(("utf-16", "utf-32"))
DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, pa.ArrowInvalid)
# In these every separator, quote and line break is one byte, and no other character holds that byte.
BYTEWISE = frozenset(("utf-8", "utf-8-sig", "ascii", "iso8859-1", "iso8859-15", "cp1252", "cp1250", "cp1251"))


@contextmanager
def open_text(path: Path, encoding: str | None, begin: int = 0, size: int = -1) -> Iterator[io.TextIOWrapper]:
    """Open a text file, or a part of an uncompressed one; bytes that cannot be decoded become surrogates.

    Args:
        encoding: None: UTF-8, or what a byte order mark says.
        begin: first byte of the part.
        size: bytes of the part; -1: up to the end.

    Raises:
        DataError: the file cannot be read, is damaged, or is not text.
    """
    found = encoding or "utf-8"
    try:
        with path.open("rb") as raw:
            _require_text(raw, path)
            mark = encoding_from_mark(open_decompressed(raw).read(HEAD_BYTES))
            file = open_decompressed(raw)
            if size >= 0:
                file.seek(begin)
                # A part is small enough for memory, and a text stream cannot stop at a byte.
                file = io.BytesIO(file.read(size))
            found = mark if mark and (encoding in (None, "utf-8") or mark in WIDE) else found
            if begin > 0 and found == "utf-8-sig":
                found = "utf-8"
            yield io.TextIOWrapper(file, found, "surrogateescape", newline="")
    except UnicodeEncodeError:
        raise
    except UnicodeError as error:
        # An encoding of several bytes a character, such as UTF-16, leaves bytes that cannot become surrogates.
        raise DataError(
            f"{path} is not text in {encoding or found} ({error}); name its encoding "
            "(data.source.options.encoding, prepare.text.encoding, --option encoding), or leave it out for UTF-8."
        ) from None
    except DAMAGE as error:
        raise DataError(f"{path} is damaged or truncated: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from None


def require_text(path: Path) -> None:
    """Raise if a file begins like a format other than text.

    Raises:
        DataError: it begins like another format.
        OSError: it cannot be read.
    """
    with path.open("rb") as raw:
        _require_text(raw, path)


def find_unreadable(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that is no text, and what to do about it; None if its first bytes do not tell."""
    return next(((name, remedy) for signature, name, remedy in UNREADABLE if head.startswith(signature)), None)


def refuse_compression(path: Path) -> None:
    """Raise if a file is compressed in a way that is not read.

    Raises:
        DataError: it is.
        OSError: it cannot be read.
    """
    with path.open("rb") as raw:
        _refuse_compression(raw.read(FORMAT_BYTES), path)


def has_undecodable_bytes(text: str) -> bool:
    """Return whether some bytes of `text` could not be decoded."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def encoding_from_mark(head: bytes) -> str | None:
    """Return the encoding of the byte order mark at the beginning of `head`; None without a mark."""
    return next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def other_mark(head: bytes, encoding: str | None) -> str | None:
    """Return the encoding of the byte order mark at the beginning of `head`, such as UTF-8, if a given one is another.

    Without its mark, a text in UTF-8 is read in Latin-1 with other letters, and no error.
    """
    mark = (encoding_from_mark(head) or "").removesuffix("-sig")
    is_other = encoding is not None and mark and not codecs.lookup(encoding).name.startswith(mark)
    return mark.upper() if is_other else None


def require_encoding(path: Path, encoding: str | None) -> None:
    """Raise if a text file begins with the byte order mark of UTF-8, and another encoding is given.

    Marks of UTF-16 and UTF-32 decide by themselves, see `open_text`.

    Raises:
        DataError: it does so, or cannot be read.
    """
    if encoding is None:
        return
    # Every byte is a character of Latin-1.
    with open_text(path, "latin-1") as text:
        head = text.read(len(codecs.BOM_UTF8)) if text.encoding == "latin-1" else ""
    if mark := other_mark(head.encode("latin-1"), encoding):
        raise DataError(
            f"{path} begins with the byte order mark of {mark}, and the encoding that is set is {encoding}; leave the "
            "encoding out (data.source.options.encoding, prepare.text.encoding, --option encoding), or save the file "
            "in it without the mark."
        )


def _require_text(raw: IO[bytes], path: Path) -> None:
    head = raw.read(FORMAT_BYTES)
    if found := find_unreadable(head):
        name, remedy = found
        raise DataError(f"{path} is {name}; expected text; {remedy}.")
    _refuse_compression(head, path)
    binary = name_binary(head) if find_compression(head) is None and encoding_from_mark(head) is None else None
    if binary is not None:
        raise DataError(f"{path} is in the format {binary}; expected text; name a file of text.")


def _refuse_compression(head: bytes, path: Path) -> None:
    name = name_compression(head, path.name) if find_compression(head) is None else None
    if name is not None:
        raise DataError(
            f"{path} is compressed with {name}, which is not read; expected a file that is not compressed, or with "
            "gzip, bzip2, xz or zstd; decompress it."
        )
