"""A path that is not of this machine and answers as `pathlib.Path` does.

The names of a path (`/`, parent, name, with_name, relative_to) are pathlib's own work. What touches a store is
written for each; whatever else of `Path` is called, or given to the operating system, raises TypeError in
`__fspath__`, so that no folder of a store's name is made on this machine by mistake.
"""

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import PosixPath
from typing import IO, Any, ClassVar, NoReturn, Self

from headrace.storage.entry import Entry
from headrace.storage.range_reader import RangeReader

# Of a reader: the parts of a column, or of an archive, in few requests.
BUFFER = 4 << 20


class RemotePath(PosixPath, ABC):
    """SCHEME//server/path; relative where it was made so by `relative_to`."""

    SCHEME: ClassVar[str]

    def __str__(self) -> str:
        first, *others = self.parts or (".",)
        return f"{self.SCHEME}//{'/'.join(others)}" if first == self.SCHEME else super().__str__()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __fspath__(self) -> NoReturn:
        raise TypeError(f"{self} is not on this machine, and was used as if it were a file here")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    @property
    def server(self) -> str:
        """The part after the scheme.

        Raises:
            ValueError: there is none, as after joining with a path that begins anew.
        """
        if not self.is_absolute() or len(self.parts) < 2:
            raise ValueError(f"{self} names no server or bucket")
        return self.parts[1]

    def absolute(self) -> Self:
        """Itself."""
        return self

    def resolve(self, strict: bool = False) -> Self:
        """Itself: no links are followed."""
        return self

    def is_absolute(self) -> bool:
        """Whether it begins with the scheme."""
        return self.parts[:1] == (self.SCHEME,)

    def is_symlink(self) -> bool:
        """Never."""
        return False

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Whether there is a file or a folder."""
        return self.is_file() or self.is_dir()

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """All of the file."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def open(  # type: ignore[override]
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """For reading only; what is read is asked for when it is needed."""
        if mode not in ("r", "rb"):
            raise TypeError(f"{self} can be opened for reading only, not as {mode!r}")
        binary = io.BufferedReader(self.reader(), BUFFER)
        return binary if mode == "rb" else io.TextIOWrapper(binary, encoding or "utf-8", errors, newline)

    @abstractmethod
    def reader(self) -> RangeReader:
        """The file, to be read part by part.

        Raises:
            FileNotFoundError: there is none.
            StoreError: the store refuses, or does not answer.
        """

    @abstractmethod
    def entry(self) -> Entry:
        """The file, named alone.

        Raises:
            FileNotFoundError: there is none.
            StoreError: the store refuses, or does not answer.
        """

    @abstractmethod
    def files(self) -> Iterator[Entry]:
        """Every file below, at any depth, in no order.

        Raises:
            StoreError: the store refuses, or does not answer.
        """

    @abstractmethod
    def folders(self) -> set[str]:
        """Names of the folders directly below.

        Raises:
            StoreError: the store refuses, or does not answer.
        """


def as_status(kind: int, size: int, modified: float) -> os.stat_result:
    """What `stat` gives of a file or folder, as `kind` says, with `modified` in seconds since 1970."""
    return os.stat_result((kind, 0, 0, 1, 0, 0, size, int(modified), int(modified), int(modified)))
