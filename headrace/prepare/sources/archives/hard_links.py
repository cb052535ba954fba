"""Resolve hard links in tar archives, whose targets precede them.

A plain archive is read again at the target's offset, so that any target is found and nothing is kept in memory.
A compressed one would have to be decompressed again up to the target, for each class folder of links once; its
newest contents are kept instead, up to `MAX_KEPT_BYTES`. All names are kept, as tarfile keeps all headers.
"""

import posixpath
import tarfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from headrace.prepare.readers.compression import HEAD_BYTES, find_compression
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

MAX_KEPT_BYTES = 64 * 1024 * 1024


class _Target(NamedTuple):
    """A file before the links: its name in the archive, where its content begins, and its size."""

    name: str
    offset: int
    size: int


class LinkTargets:
    """The files of a tar archive that were read so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self._compressed = find_compression(file.read(HEAD_BYTES)) is not None
        self._files: dict[str, _Target] = {}
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0

    def add_file(self, entry: tarfile.TarInfo, content: Callable[[], bytes]) -> None:
        """Remember a file; `content` is called only if it has to be kept."""
        if entry.issparse():
            # Its content is not in one piece.
            return
        name = posixpath.normpath(entry.name)
        self._files[name] = _Target(name, entry.offset_data, entry.size)
        if self._compressed:
            self._keep(name, content() if entry.size <= MAX_KEPT_BYTES else None)

    def add_link(self, entry: tarfile.TarInfo) -> int:
        """Return the size of a link's target, 0 if there is none; other links may point to this one."""
        target = self._files.get(posixpath.normpath(entry.linkname))
        if target is None:
            return 0
        self._files[posixpath.normpath(entry.name)] = target
        return target.size

    def read(self, entry: tarfile.TarInfo) -> bytes:
        """Return the content of a link's target.

        Raises:
            RejectedRecordError: the target does not come before the link, or is no longer kept.
        """
        target = self._files.get(posixpath.normpath(entry.linkname))
        if target is None:
            detail = f"the hard link's target {entry.linkname!r} is missing, or comes later in the archive"
            raise RejectedRecordError(Reason.MISSING_FILE, detail)
        if not self._compressed:
            return self._read_again(target)
        if target.name not in self._kept:
            detail = (
                f"the hard link's target {entry.linkname!r} comes more than {MAX_KEPT_BYTES} bytes before it; "
                "links in an archive without compression are not limited"
            )
            raise RejectedRecordError(Reason.MISSING_FILE, detail)
        self._kept.move_to_end(target.name)
        return self._kept[target.name]

    def _read_again(self, target: _Target) -> bytes:
        with self._path.open("rb") as file:
            file.seek(target.offset)
            return file.read(target.size)

    def _keep(self, name: str, content: bytes | None) -> None:
        self._kept_bytes -= len(self._kept.pop(name, b""))
        if content is None:
            return
        self._kept[name] = content
        self._kept_bytes += len(content)
        while self._kept_bytes > MAX_KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])
