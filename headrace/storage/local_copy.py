"""Files of a store on this machine, for those who can read only there."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.storage.location import is_remote


class LocalCopy:
    """The files `names` of `folder`: where they are, or of a store in a folder that is removed with this object.

    A file that is not there is not in the copy either.

    Attributes:
        path: the folder of this machine.

    Raises:
        StoreError: the store refuses, or does not answer.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.path = folder
        if is_remote(folder):
            self._scratch = TemporaryDirectory(prefix="headrace-")
            self.path = Path(self._scratch.name)
            for name in names:
                with suppress(FileNotFoundError):
                    (self.path / name).write_bytes((folder / name).read_bytes())
