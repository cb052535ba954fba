"""Append-only files: appended in place if local, else uploaded as a whole at intervals."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.errors import StoreError
from headrace.storage.parse_location import is_remote

log = logging.getLogger(__name__)


class AppendMirror:
    """Append-only files of `target`, written in the local folder `local`; `local` is `target` if `target` is local."""

    def __init__(self, target: Path, local: Path) -> None:
        self.target, self.local = target, local
        self._sizes: dict[Path, int] = {}

    def path_for_append(self, name: str) -> Path:
        """Return the local file to append to, filled with the content that `name` already has in the target.

        Raises:
            StoreError: the store refuses the request, or does not respond.
        """
        stored, file = self.target / name, self.local / name
        if stored != file and stored.is_file():
            file.write_bytes(stored.read_bytes())
        return file

    def upload(self) -> None:
        """Upload the files that have grown since the last upload.

        Raises:
            StoreError: the store refuses the request, or does not respond.
        """
        if not is_remote(self.target):
            return
        for file in sorted(file for file in self.local.rglob("*") if file.is_file()):
            data = file.read_bytes()
            if self._sizes.get(file) != len(data):
                (self.target / file.relative_to(self.local)).write_bytes(data)
                self._sizes[file] = len(data)


@contextmanager
def mirror_appends(target: Path) -> Iterator[AppendMirror]:
    """Yield the append-only files of the folder `target`; upload them when the block ends, even by an error."""
    if not is_remote(target):
        target.mkdir(parents=True, exist_ok=True)
        yield AppendMirror(target, target)
        return
    with TemporaryDirectory(prefix="headrace-") as scratch:
        files = AppendMirror(target, Path(scratch))
        try:
            yield files
        finally:
            _upload_or_warn(files)


def _upload_or_warn(files: AppendMirror) -> None:
    """Upload the files; log a failure instead of raising it, so that it does not hide an error of the block."""
    try:
        files.upload()
    except StoreError as error:
        log.warning("The latest lines of files in %s could not be uploaded and are lost: %s", files.target, error)
