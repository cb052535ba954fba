"""Local copies of remote files, for libraries that read local files only."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.storage.parse_location import is_remote


class LocalCopy:
    """The files `names` of `folder`: in place if local, else in a temporary folder removed with this object.

    Files that do not exist are skipped.

    Attributes:
        path: the local folder.

    Raises:
        StoreError: the store refuses the request, or does not respond.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.path = folder
        if is_remote(folder):
            self._scratch = TemporaryDirectory(prefix="headrace-")
            self.path = Path(self._scratch.name)
            for name in names:
                with suppress(FileNotFoundError):
                    (self.path / name).write_bytes((folder / name).read_bytes())
