"""The files in a tar or zip archive, one after the other."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

# What the readers of archives raise on damaged ones.
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class _WholeHeader(tarfile.TarInfo):
    """`tarfile` takes an archive that is cut between two members, or in a header, for one that ends there."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_WholeHeader":
        """Of one header block; the one after the last member is of zeros."""
        if len(buf) != tarfile.BLOCKSIZE:
            raise EOFError("the archive ends without its end mark")
        return super().frombuf(buf, encoding, errors)


class Member(NamedTuple):
    """One file in an archive; `read` may be called until the next member is asked for."""

    name: str
    size: int
    regular: bool
    read: Callable[[], bytes]


def members(path: Path) -> Iterator[Member]:
    """The files in an archive, in its order."""
    if path.suffix.lower() == ".zip":
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    link = (info.external_attr >> 28) == 0xA
                    yield Member(info.filename, info.file_size, not link, partial(archive.read, info))
    else:
        with (
            path.open("rb") as file,
            tarfile.open(fileobj=file, mode="r|*", errorlevel=1, tarinfo=_WholeHeader) as stream,
        ):
            for entry in stream:
                if not entry.isdir():
                    yield Member(entry.name, entry.size, entry.isfile(), partial(_content, stream, entry))


def _content(stream: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    opened = stream.extractfile(entry)
    data = b"" if opened is None else opened.read()
    if len(data) != entry.size:
        raise EOFError(f"{entry.name} ends after {len(data)} of {entry.size} bytes")
    return data
