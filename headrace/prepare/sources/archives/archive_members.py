"""Stream members of tar and zip files, and report the unread part of a damaged archive."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from headrace.prepare.readers.compression import open_decompressed
from headrace.prepare.rejects.rejection_reasons import Reason, RejectedRecordError
from headrace.prepare.sources.archives.hard_links import LinkTargets

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
ZIP_MEMBER = b"PK\x03\x04"
ZIP_ENCRYPTED = 0x1


class BehindEndError(tarfile.TarError):
    """Raised when what follows a whole tar archive is not another one."""


def _checked_header() -> type[tarfile.TarInfo]:
    """Return the class of one archive's headers, which detects damage.

    `tarfile` takes a header that it cannot read for the end of the archive, and so a file that is cut off before one.
    """
    has_ended = False

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "Header":
            nonlocal has_ended
            if not buf.strip(b"\0"):
                if len(buf) < tarfile.BLOCKSIZE and not has_ended:
                    raise EOFError("the archive ends without its end mark")
                # What is cut may be the zeros behind the end mark. A block of zeros raises, too, and is passed over.
                has_ended = True
                return super().frombuf(buf if len(buf) == tarfile.BLOCKSIZE else b"", encoding, errors)
            kind = BehindEndError if has_ended else tarfile.ReadError
            has_ended = False
            try:
                return super().frombuf(buf, encoding, errors)
            except tarfile.HeaderError as error:
                raise kind(f"what follows is no header of a member ({error})") from None

    return Header


class Member(NamedTuple):
    """A file in an archive; `read` may be called until the next member is requested.

    Attributes:
        target: the name of the file to which a hard link leads.
    """

    name: str
    size: int
    regular: bool
    read: Callable[[], bytes]
    target: str | None = None


class ArchiveFile:
    """An archive, read once from its beginning.

    Attributes:
        unread: bytes that were not read so far; of a compressed tar file at least so many, as decompressors read ahead.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = self.unread = size

    def members(self) -> Iterator[Member]:
        """Yield the files in the archive, in archive order."""
        with self._path.open("rb") as file:
            yield from (self._zip(file) if self._path.suffix.lower() == ".zip" else self._tar(file))

    def _zip(self, file: IO[bytes]) -> Iterator[Member]:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    link = (info.external_attr >> 28) == 0xA
                    yield Member(info.filename, info.file_size, not link, partial(_zip_content, archive, info))
            first = min((info.header_offset for info in archive.infolist()), default=archive.start_dir)
            file.seek(0)
            self.unread = first if file.read(len(ZIP_MEMBER)) == ZIP_MEMBER else 0
            if self.unread:
                raise zipfile.BadZipFile(
                    f"its first {first} bytes hold members that its directory lacks, as in zip files that were joined"
                )

    def _tar(self, file: IO[bytes]) -> Iterator[Member]:
        settings: dict[str, Any] = {"errorlevel": 1, "ignore_zeros": True, "tarinfo": _checked_header()}
        content = open_decompressed(file)
        # Behind the end mark it goes on, as `cat` joins archives.
        with tarfile.open(fileobj=content, mode="r|", **settings) as stream:
            for entry, member in _tar_members(self._path, stream):
                if member is not None:
                    yield member
                self.unread = self._size - (entry.offset_data + entry.size if content is file else file.tell())


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.flag_bits & ZIP_ENCRYPTED:
        raise RejectedRecordError(Reason.ENCRYPTED, "the member has a password; extract the archive")
    return archive.read(info)


def _tar_members(path: Path, stream: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, Member | None]]:
    """Yield every entry of a tar file, with its member unless it is a folder."""
    targets = LinkTargets(path)
    for entry in stream:
        content = cache(partial(_content, stream, entry))
        if entry.islnk():
            size = targets.add_link(entry)
            yield entry, Member(entry.name, size, False, partial(targets.read, entry), entry.linkname)
        elif entry.isfile():
            yield entry, Member(entry.name, entry.size, True, content)
            targets.add_file(entry, content)
        else:
            yield entry, None if entry.isdir() else Member(entry.name, entry.size, False, content)


def _content(stream: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    opened = stream.extractfile(entry)
    data = b"" if opened is None else opened.read()
    if len(data) != entry.size:
        raise EOFError(f"{entry.name} ends after {len(data)} of {entry.size} bytes")
    return data
