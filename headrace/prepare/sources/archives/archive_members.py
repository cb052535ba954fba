"""Stream members of tar and zip files, and report the unread part of a damaged archive."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from headrace.prepare.readers.compression import open_decompressed
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
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
# The flag of names in UTF-8, and the encoding by which `zipfile` reads names without it.
ZIP_UTF8, ZIP_ENCODING = 0x800, "cp437"


class NameFinding(StrEnum):
    """Finding in the names of members, as the end of a sentence."""

    UNKNOWN_ENCODING = (
        "a name whose encoding the zip file does not give (it is read as code page 437; if it is misspelt, pack the "
        "files again with names in UTF-8)"
    )
    NO_UTF8 = "a name that is not UTF-8 (it is read with \\x escapes; pack the files again with names in UTF-8)"


class TrailingDataError(tarfile.TarError):
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
                # Only the zeros after the end mark may be cut off. A block of zeros raises, too, and is passed over.
                has_ended = True
                return super().frombuf(buf if len(buf) == tarfile.BLOCKSIZE else b"", encoding, errors)
            kind = TrailingDataError if has_ended else tarfile.ReadError
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
        finding: finding in the member's name, which may hold the name of the class.
    """

    name: str
    size: int
    regular: bool
    read: Callable[[], bytes]
    target: str | None = None
    finding: NameFinding | None = None


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
            encoding = _name_encoding(archive.infolist())
            for info in archive.infolist():
                if not info.is_dir():
                    link = (info.external_attr >> 28) == 0xA
                    name, finding = _zip_name(info, encoding)
                    content = partial(_zip_content, archive, info)
                    yield Member(name, info.file_size, not link, content, finding=finding)
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
        # Another archive follows the end mark, as `cat` joins archives.
        with tarfile.open(fileobj=content, mode="r|", **settings) as stream:
            for entry, member in _tar_members(self._path, stream):
                if member is not None:
                    yield member if _is_unicode(member.name) else member._replace(finding=NameFinding.NO_UTF8)
                self.unread = self._size - (entry.offset_data + entry.size if content is file else file.tell())


def is_tar(path: Path) -> bool:
    """Return whether a file begins as a tar archive, whatever its name is."""
    try:
        with path.open("rb") as file, tarfile.open(fileobj=open_decompressed(file), mode="r|") as stream:
            return stream.next() is not None
    except (*DAMAGE, OSError):
        return False


def _has_raw_name(info: zipfile.ZipInfo) -> bool:
    """Return whether neither a flag nor an extra field gives the encoding of a name that is not ASCII."""
    is_extra = info.filename != info.orig_filename.partition("\0")[0]
    return not (info.flag_bits & ZIP_UTF8 or info.orig_filename.isascii() or is_extra)


def _name_encoding(infos: Sequence[zipfile.ZipInfo]) -> str:
    """Return the encoding of the names whose encoding a zip file does not give.

    They are UTF-8 if all can be: macOS and older programs of Linux write it without the flag. A single name may be
    valid UTF-8 by chance: some Russian words in code page 866 are.
    """
    try:
        for info in filter(_has_raw_name, infos):
            info.orig_filename.encode(ZIP_ENCODING).decode()
    except UnicodeDecodeError:
        return ZIP_ENCODING
    return "utf-8"


def _zip_name(info: zipfile.ZipInfo, encoding: str) -> tuple[str, NameFinding | None]:
    """Return the name of a member, and that its encoding is not known."""
    if not _has_raw_name(info):
        return info.filename, None
    if encoding == ZIP_ENCODING:
        return info.filename, NameFinding.UNKNOWN_ENCODING
    return info.filename.encode(ZIP_ENCODING).decode(encoding), None


def _is_unicode(name: str) -> bool:
    """Return whether a name was UTF-8, and not bytes that became surrogates."""
    return not any("\ud800" <= one <= "\udfff" for one in name)


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
