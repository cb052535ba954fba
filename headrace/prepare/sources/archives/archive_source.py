"""Tar and zip archives, read as a stream; nothing is unpacked to disk."""

import json
import logging
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping

from headrace.errors import DataError
from headrace.features.input_kind_loader import input_traits
from headrace.prepare.encoders.label_normalization import normalize_label, normalize_name
from headrace.prepare.encoders.label_text import label_cell
from headrace.prepare.readers import format_from_name
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError, UnreadArchiveError
from headrace.prepare.sources.archives.archive_members import DAMAGE, ArchiveFile, Member, TrailingDataError
from headrace.prepare.sources.folders.folder_source import walk
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.folders.labels_file import is_inside
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile, RawRecord
from headrace.prepare.sources.split_names import split_from_name, split_from_path, unclear_split_files
from headrace.storage import locate, read_entry
from headrace.storage.parse_location import path_hint
from headrace.wording import escape_path, escape_text, file_start, quantity

log = logging.getLogger(__name__)

ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz|tar\.bz2|tbz2|tar\.xz|txz|tar\.zst|tzst|zip)$", re.IGNORECASE)
# What holds the label of a WebDataset sample, and what only accompanies one.
LABELS, SIDECARS = ("cls", "json"), ("json", "cls", "id", "meta", "xml")
# Messages of `tarfile` about a file that was cut off.
CUT_OFF = "unexpected end of data"
# The keys of a .json that may hold the label.
JSON_LABELS = ("label", "cls", "class")
TABLE_MEMBER = (
    "the record has no label, and the name of a table; unpack the archive: a table of records is read with "
    "data.source.kind: table, and a list of the labels of files with data.source.labels"
)
MAX_LABEL_BYTES = 1_000_000
IMAGES = (
    *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "bmp", "tif", "tiff", "avif"),
    *("jp2", "j2k", "jpx", "ppm", "pgm", "pbm", "pnm"),
)
SOUNDS = tuple(suffix.removeprefix(".") for suffix in input_traits("audio").suffixes)


def list_archives(path: str) -> Listing:
    """List every archive below `path`, or the archive at `path`; ignore other files.

    Raises:
        DataError: there is no archive.
    """
    root = locate(path).absolute()
    if root.is_file():
        root, found = root.parent, [read_entry(root)]
    elif root.is_dir():
        below = list(walk(root))
        found = [one for one in below if ARCHIVE.search(one.path)]
        _warn_of_others(path, sorted(one.path for one in below if not ARCHIVE.search(one.path)))
    else:
        raise DataError(
            f"The source {path} does not exist{path_hint(path)}; expected a tar or zip file, or a folder of them."
        )
    if not found:
        kinds = ".tar, .tar.gz, .tgz, .tar.bz2, .tar.xz, .tar.zst or .zip files"
        raise DataError(f"The source {path} holds no archives; expected {kinds}.")
    files = sorted(RawFile(one.path, None, split_from_path(one.path), one.size, one.change_tag) for one in found)
    unclear = unclear_split_files(file.path for file in files if file.split)
    if unclear:
        log.warning(
            "The name of %r gives the split %s; if that is by chance, rename it.",
            unclear[0],
            split_from_path(unclear[0]),
        )
    if len({file.split is None for file in files}) == 2:
        named, other = (next(one.path for one in files if (one.split is None) is is_none) for is_none in (False, True))
        log.warning("The name of %r gives a split, and that of %r does not; prepare.splits splits it.", named, other)
    return Listing(str(root), files, ())


def _warn_of_others(source: str, others: list[str]) -> None:
    if others:
        log.warning(
            "%s of %s left out, such as %r: only tar and zip files are read as archives.",
            quantity(len(others), "file"), source, escape_path(others[0]),
        )  # fmt: skip


def read_archive(root: str, file: RawFile, max_bytes: int) -> Iterator[RawRecord]:
    """Yield every record of an archive; damage ends it with one rejected record that says where."""
    last = "its beginning"
    name, archive = escape_path(file.path), ArchiveFile(locate(root) / file.path, file.size)
    try:
        for group in _groups(archive.members(), max_bytes):
            for record in group.records(file, name):
                yield record
                last = record.path
    except (*DAMAGE, OSError) as error:
        # Decompressors raise OSError without an errno, the file system with one.
        if isinstance(error, OSError) and error.errno is not None:
            raise DataError(f"The archive {name!r} of {root} cannot be read ({error.strerror}); fix it.") from error
        # Of a file that was cut off, what is missing counts, not the few bytes before the cut.
        unread = 0 if isinstance(error, EOFError) or CUT_OFF in str(error) else archive.unread
        rejection = UnreadArchiveError(f"nothing can be read after {last}: {error}", unread, file.size)
        yield RawRecord(name, None, None, b"", rejection)


class _MemberGroup:
    """Members whose names differ only in their extensions."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.parts: list[tuple[Member, bytes, RejectedRecordError | None]] = []

    def records(self, file: RawFile, archive: str) -> Iterator[RawRecord]:
        """Yield the record of the sample that the members are, or one for each member."""
        # Of two members with one name the first counts, as for the input.
        sidecars = {_extension(member.name): (data, rejection) for member, data, rejection in reversed(self.parts)}
        sample = len(self.parts) > 1 and any(kind in sidecars for kind in LABELS)
        for member, data, rejection in self.parts:
            if sample and not self._is_input(member.name, sidecars):
                continue
            folders = [one for one in re.split(r"[/\\]", member.name)[:-1] if one not in ("", ".")]
            above = folders if sample else folders[:-1]
            inner = next((found for one in reversed(above) if (found := split_from_name(one))), None)
            if file.split and inner and inner != file.split:
                rejection = rejection or _contradiction(file.split, inner)
            split = file.split or inner
            path, label = f"{archive}/{escape_path(member.name)}", None
            try:
                # Folders outside the archive are no classes.
                label = (
                    _sample_label(sidecars) if sample else _folder_label(folders) if is_inside(member.name) else None
                )
            except RejectedRecordError as bad_label:
                rejection = rejection or bad_label  # noqa: PLW2901 - the record's own reason comes first
            if label is None and rejection is None and format_from_name(member.name) is not None:
                rejection = RejectedRecordError(Reason.NO_LABEL, TABLE_MEMBER)
            yield RawRecord(path, label, split, data, rejection, name_finding=member.finding)

    @staticmethod
    def _is_input(name: str, extensions: Iterable[str]) -> bool:
        """Return whether a member is the input.

        It is an image, without one an audio file, and without both any member that does not only accompany it.
        """
        kind = _extension(name)
        inputs = next((kinds for kinds in (IMAGES, SOUNDS) if any(one in kinds for one in extensions)), None)
        return kind not in SIDECARS if inputs is None else kind in inputs


def _groups(found: Iterator[Member], max_bytes: int) -> Iterator[_MemberGroup]:
    group: _MemberGroup | None = None
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
                group = _MemberGroup(key)
            repeated = RejectedRecordError(Reason.REPEATED_NAME, "an earlier member of the archive has this name")
            group.parts.append((member, b"", repeated) if name in names else (member, *_read(member, max_bytes)))
            names.add(name)
    except (zipfile.BadZipFile, TrailingDataError):
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


def _folder_label(folders: list[str]) -> str | None:
    # The name of a folder is no cell: a class may be called null.
    return (normalize_name(escape_path(folders[-1])) or None) if folders else None


def _sample_label(sidecars: Mapping[str, tuple[bytes, RejectedRecordError | None]]) -> str | None:
    """Return the label of a sample, from its .cls or its .json.

    Raises:
        RejectedRecordError: that member cannot be read, or what it has for a label cannot be one.
    """
    kind = next(one for one in LABELS if one in sidecars)
    data, rejection = sidecars[kind]
    if rejection is not None:
        raise RejectedRecordError(rejection.reason, f"its label, the .{kind} next to it: {rejection.detail}")
    if kind == "cls":
        return _text_label(data)
    try:
        value = json.loads(data)
    except ValueError:
        raise RejectedRecordError(Reason.NO_LABEL, "the .json next to it cannot be read as JSON") from None
    values = value if isinstance(value, dict) else {}
    found = next((values[key] for key in JSON_LABELS if key in values), None)
    label = label_cell(found, several=True)
    return None if label is None else escape_text(label)


def _text_label(data: bytes) -> str | None:
    """Return the label that a .cls holds.

    Raises:
        RejectedRecordError: it is not text in UTF-8.
    """
    try:
        return normalize_label(data.decode("utf-8-sig")) or None
    except UnicodeDecodeError:
        raise RejectedRecordError(Reason.BAD_LABEL, f"the .cls next to it is not UTF-8: {file_start(data)}") from None


def _contradiction(outer: str, inner: str) -> RejectedRecordError:
    return RejectedRecordError(
        Reason.BAD_SPLIT, f"the archive is named after {outer}, and a folder in it after {inner}"
    )
