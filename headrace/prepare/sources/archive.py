"""Tar and zip archives, read as a stream; nothing is unpacked to disk."""

import json
import lzma
import posixpath
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from headrace.errors import DataError
from headrace.prepare.encoders.labels import normalize_label
from headrace.prepare.readers.compression import open_decompressed
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError
from headrace.prepare.sources.archive_hard_links import LinkTargets
from headrace.prepare.sources.folder import walk
from headrace.prepare.sources.ignored_files import is_ignored
from headrace.prepare.sources.labels_file import is_inside
from headrace.prepare.sources.raw_records import Listing, RawFile, RawRecord, escape_path
from headrace.prepare.sources.split_names import split_from_name, split_from_path
from headrace.storage import locate, read_entry
from headrace.storage.location import looked_for

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
ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz|tar\.bz2|tbz2|tar\.xz|txz|tar\.zst|tzst|zip)$", re.IGNORECASE)
ZIP_MEMBER = b"PK\x03\x04"
# What holds the label of a WebDataset sample, and what only accompanies one.
LABELS, SIDECARS = ("cls", "json"), ("json", "cls", "id", "meta", "xml")
MAX_LABEL_BYTES = 1_000_000
IMAGES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm")


class _BehindEndError(tarfile.TarError):
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
            kind = _BehindEndError if has_ended else tarfile.ReadError
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


def members(path: Path) -> Iterator[Member]:
    """Yield the files in an archive, in archive order."""
    if path.suffix.lower() == ".zip":
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    link = (info.external_attr >> 28) == 0xA
                    yield Member(info.filename, info.file_size, not link, partial(archive.read, info))
            _require_first_listed(file, archive)
    else:
        settings: dict[str, Any] = {"errorlevel": 1, "ignore_zeros": True, "tarinfo": _checked_header()}
        with (
            path.open("rb") as file,
            # Behind the end mark it goes on, as `cat` joins archives.
            tarfile.open(fileobj=open_decompressed(file), mode="r|", **settings) as stream,
        ):
            yield from _tar_members(path, stream)


def _require_first_listed(file: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Raise if the file begins with a member that is not in its directory, as zip files that were joined by `cat` do.

    Raises:
        zipfile.BadZipFile: so it is.
    """
    file.seek(0)
    first = min((info.header_offset for info in archive.infolist()), default=archive.start_dir)
    if first > 0 and file.read(4) == ZIP_MEMBER:
        raise zipfile.BadZipFile(
            f"its first {first} bytes hold members that its directory lacks, as in zip files that were joined"
        )


def _tar_members(path: Path, stream: tarfile.TarFile) -> Iterator[Member]:
    targets = LinkTargets(path)
    for entry in stream:
        if entry.islnk():
            size = targets.add_link(entry)
            yield Member(entry.name, size, False, partial(targets.read, entry), entry.linkname)
        elif entry.isfile():
            content = cache(partial(_content, stream, entry))
            yield Member(entry.name, entry.size, True, content)
            targets.add_file(entry, content)
        elif not entry.isdir():
            yield Member(entry.name, entry.size, False, partial(_content, stream, entry))


def _content(stream: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    opened = stream.extractfile(entry)
    data = b"" if opened is None else opened.read()
    if len(data) != entry.size:
        raise EOFError(f"{entry.name} ends after {len(data)} of {entry.size} bytes")
    return data


def list_archives(path: str) -> Listing:
    """List every archive below `path`, or the archive at `path`; ignore other files.

    Raises:
        DataError: there is no archive.
    """
    root = locate(path).absolute()
    if root.is_file():
        root, found = root.parent, [read_entry(root)]
    elif root.is_dir():
        found = [one for one in walk(root) if ARCHIVE.search(one.path)]
    else:
        raise DataError(
            f"The source {path} does not exist{looked_for(path)}; expected a tar or zip file, or a folder of them."
        )
    if not found:
        kinds = ".tar, .tar.gz, .tgz, .tar.bz2, .tar.xz, .tar.zst or .zip files"
        raise DataError(f"The source {path} holds no archives; expected {kinds}.")
    files = sorted(RawFile(one.path, None, _split(one.path), one.size, one.change_tag) for one in found)
    return Listing(str(root), files, ())


def read_archive(root: str, file: RawFile, max_bytes: int) -> Iterator[RawRecord]:
    """Yield every record of an archive; damage ends it with one rejected record that says where."""
    last = "its beginning"
    name = escape_path(file.path)
    try:
        for group in _groups(members(locate(root) / file.path), max_bytes):
            for record in group.records(file, name):
                yield record
                last = record.path
    except DAMAGE as error:
        detail = f"nothing can be read after {last}: {error}"
        yield RawRecord(name, None, None, b"", RejectedRecordError(Reason.DAMAGED_ARCHIVE, detail))
    except OSError as error:
        # Decompressors raise it without an errno, the file system with one.
        if error.errno is not None:
            raise DataError(f"The archive {name!r} of {root} cannot be read ({error.strerror}); fix it.") from error
        detail = f"nothing can be read after {last}: {error}"
        yield RawRecord(name, None, None, b"", RejectedRecordError(Reason.DAMAGED_ARCHIVE, detail))


class _Group:
    """Members whose names differ only in their extensions."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.parts: list[tuple[Member, bytes, RejectedRecordError | None]] = []

    def records(self, file: RawFile, archive: str) -> Iterator[RawRecord]:
        # Of two members with one name the first counts, as for the input.
        sidecars = {_extension(member.name): data for member, data, _ in reversed(self.parts)}
        sample = len(self.parts) > 1 and any(kind in sidecars for kind in LABELS)
        for member, data, rejection in self.parts:
            if sample and not self._is_input(member.name, sidecars):
                continue
            folders = [one for one in re.split(r"[/\\]", member.name)[:-1] if one not in ("", ".")]
            label = _label(sidecars) if sample else (folders[-1] if folders else None)
            above = folders if sample else folders[:-1]
            split = file.split or next((found for one in reversed(above) if (found := split_from_name(one))), None)
            path = f"{archive}/{escape_path(member.name)}"
            label = None if label is None else normalize_label(escape_path(label))
            yield RawRecord(path, label, split, data, rejection)

    @staticmethod
    def _is_input(name: str, extensions: dict[str, bytes]) -> bool:
        """Return whether a member is the input: an image, or without one any member that does not only accompany it."""
        kind = _extension(name)
        return kind in IMAGES if any(one in IMAGES for one in extensions) else kind not in SIDECARS


def _groups(found: Iterator[Member], max_bytes: int) -> Iterator[_Group]:
    group: _Group | None = None
    names = set[str]()
    try:
        for member in found:
            if _is_hidden(member.name):
                continue
            key = _key(member.name)
            name = posixpath.normpath(member.name)
            if group is None or key != group.key:
                if group is not None:
                    yield group
                group = _Group(key)
            repeated = RejectedRecordError(Reason.REPEATED_NAME, "an earlier member of the archive has this name")
            group.parts.append((member, b"", repeated) if name in names else (member, *_read(member, max_bytes)))
            names.add(name)
    except (zipfile.BadZipFile, _BehindEndError):
        # All members were there; after other damage the last group may lack its label.
        if group is not None:
            yield group
        raise
    if group is not None:
        yield group


def _read(member: Member, max_bytes: int) -> tuple[bytes, RejectedRecordError | None]:
    if not is_inside(member.name):
        return b"", RejectedRecordError(Reason.UNSAFE_NAME, "the name is absolute or leads out of the archive")
    if not (member.regular or (member.target is not None and is_inside(member.target))):
        return b"", RejectedRecordError(Reason.UNSAFE_NAME, "the member is a link or a device")
    if ARCHIVE.search(member.name):
        return b"", RejectedRecordError(Reason.NESTED_ARCHIVE, "an archive in an archive is not opened")
    if member.size > (MAX_LABEL_BYTES if _extension(member.name) in LABELS else max_bytes):
        return b"", RejectedRecordError(Reason.TOO_MANY_BYTES, f"{member.size} bytes, the limit is {max_bytes}")
    try:
        return member.read(), None
    except RejectedRecordError as rejection:
        return b"", rejection
    except (zipfile.BadZipFile, RuntimeError, zlib.error, NotImplementedError) as error:
        # One member of a zip file can be damaged or encrypted and the next one intact.
        return b"", RejectedRecordError(Reason.DAMAGED, str(error))


def _is_hidden(name: str) -> bool:
    return is_ignored(name.replace("\\", "/").removeprefix("./"))


def _key(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    return f"{folder}{slash}{base.partition('.')[0]}"


def _extension(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[2].lower()


def _label(sidecars: dict[str, bytes]) -> str | None:
    if "cls" in sidecars:
        return sidecars["cls"].decode("utf-8", "backslashreplace").strip() or None
    try:
        value = json.loads(sidecars["json"])
    except ValueError:
        return None
    values = value if isinstance(value, dict) else {}
    found = next((values[key] for key in ("label", "cls", "class") if key in values), None)
    return None if found is None else str(found)


def _split(name: str) -> str | None:
    """Return the split from a folder above the archive, or from the start of its name: train-0001.tar."""
    return split_from_path(name)
