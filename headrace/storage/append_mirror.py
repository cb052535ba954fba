"""Files that grow: appended to where they are, or on a store, which knows only whole objects, put anew now and then."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.errors import StoreError
from headrace.storage.location import is_remote

log = logging.getLogger(__name__)


class AppendMirror:
    """Files of `target` that grow in the folder `here` of this machine; the two are one where `target` is of it."""

    def __init__(self, target: Path, here: Path) -> None:
        self.target, self.here = target, here
        self._sizes: dict[Path, int] = {}

    def continued(self, name: str) -> Path:
        """Where to append to the file `name`, with what is in it already.

        Raises:
            StoreError: the store refuses, or does not answer.
        """
        before, file = self.target / name, self.here / name
        if before != file and before.is_file():
            file.write_bytes(before.read_bytes())
        return file

    def keep(self) -> None:
        """Put the files that have grown since they were put last.

        Raises:
            StoreError: the store refuses, or does not answer.
        """
        if not is_remote(self.target):
            return
        for file in sorted(file for file in self.here.rglob("*") if file.is_file()):
            data = file.read_bytes()
            if self._sizes.get(file) != len(data):
                (self.target / file.relative_to(self.here)).write_bytes(data)
                self._sizes[file] = len(data)


@contextmanager
def mirror_appends(target: Path) -> Iterator[AppendMirror]:
    """Files of the folder `target` that grow while the block lasts; at its end they are kept, however it ends."""
    if not is_remote(target):
        target.mkdir(parents=True, exist_ok=True)
        yield AppendMirror(target, target)
        return
    with TemporaryDirectory(prefix="headrace-") as scratch:
        files = AppendMirror(target, Path(scratch))
        try:
            yield files
        finally:
            _keep_at_the_end(files)


def _keep_at_the_end(files: AppendMirror) -> None:
    """What has gone wrong in the block is more telling than that this has, too."""
    try:
        files.keep()
    except StoreError as error:
        log.warning("The end of the files that grow in %s is lost: %s", files.target, error)
