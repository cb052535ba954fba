"""A remote path with the interface of `pathlib.Path`.

Pure path operations (`/`, parent, name, with_name, relative_to) are inherited from pathlib. Each store implements its
own I/O; any other method of `Path`, or use by the operating system, raises TypeError in `__fspath__`, so that no local
folder with the name of a store is created by mistake.
"""

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import PosixPath
from typing import IO, Any, ClassVar, NoReturn, Self

from headrace.storage.listed_file import ListedFile
from headrace.storage.range_reader import RangeReader

# Buffer size of a reader, in bytes; large enough to read a column or an archive in few requests.
BUFFER = 4 << 20


class RemotePath(PosixPath, ABC):
    """SCHEME//server/path, or a relative path returned by `relative_to`."""

    SCHEME: ClassVar[str]

    def __str__(self) -> str:
        first, *others = self.parts or (".",)
        return f"{self.SCHEME}//{'/'.join(others)}" if first == self.SCHEME else super().__str__()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __fspath__(self) -> NoReturn:
        raise TypeError(f"{self} is not on this machine; expected a local path")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    @property
    def server(self) -> str:
        """The part after the scheme.

        Raises:
            ValueError: the path has no server, e.g. after joining with an absolute local path.
        """
        if not self.is_absolute() or len(self.parts) < 2:
            raise ValueError(f"{self} names no server or bucket")
        return self.parts[1]

    def absolute(self) -> Self:
        """Return the path itself."""
        return self

    def resolve(self, strict: bool = False) -> Self:
        """Return the path itself: remote storage has no symbolic links."""
        return self

    def is_absolute(self) -> bool:
        """Return whether the path begins with the scheme."""
        return self.parts[:1] == (self.SCHEME,)

    def is_symlink(self) -> bool:
        """Return False."""
        return False

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether a file or a folder exists at this path."""
        return self.is_file() or self.is_dir()

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """Return the whole content as text, UTF-8 by default."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def open(  # type: ignore[override]
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open the file for reading, with requests on demand."""
        if mode not in ("r", "rb"):
            raise TypeError(f"{self} can be opened for reading only; received the mode {mode!r}")
        binary = io.BufferedReader(self.reader(), BUFFER)
        return binary if mode == "rb" else io.TextIOWrapper(binary, encoding or "utf-8", errors, newline)

    @abstractmethod
    def reader(self) -> RangeReader:
        """Return a reader of the file by byte ranges.

        Raises:
            FileNotFoundError: the file does not exist.
            StoreError: the store refuses the request, or does not respond.
        """

    @abstractmethod
    def entry(self) -> ListedFile:
        """Return the entry of the file; its path is the file name alone.

        Raises:
            FileNotFoundError: the file does not exist.
            StoreError: the store refuses the request, or does not respond.
        """

    @abstractmethod
    def files(self) -> Iterator[ListedFile]:
        """Yield every file below this path, at any depth, in no particular order.

        Raises:
            StoreError: the store refuses the request, or does not respond.
        """

    @abstractmethod
    def folders(self) -> set[str]:
        """Return the names of the folders directly below this path.

        Raises:
            StoreError: the store refuses the request, or does not respond.
        """


def as_status(kind: int, size: int, modified: float) -> os.stat_result:
    """Return a `stat` result of the file type `kind`; `size` in bytes, `modified` in seconds since 1970."""
    return os.stat_result((kind, 0, 0, 1, 0, 0, size, int(modified), int(modified), int(modified)))
