"""A path in a bucket that answers as `pathlib.Path` does.

The names of a path (`/`, parent, name, with_name, relative_to) are pathlib's own work. What touches storage is
written here; whatever else of `Path` is called, or given to the operating system, raises TypeError in `__fspath__`,
so that no folder of a bucket's name is made on this machine by mistake. A bucket has no folders: one is there when
something is below it. This module imports no library of a store; the first object does.
"""

import io
import os
import stat
from collections.abc import Generator
from fnmatch import fnmatchcase
from pathlib import PosixPath
from typing import IO, Any, NoReturn

SCHEME = "s3:"
# Of a reader: the parts of a column, or of an archive, in few requests.
BUFFER = 4 << 20


class S3Path(PosixPath):
    """s3://bucket/key; relative where it was made so by `relative_to`."""

    def __str__(self) -> str:
        first, *others = self.parts or (".",)
        return f"{SCHEME}//{'/'.join(others)}" if first == SCHEME else super().__str__()

    def __repr__(self) -> str:
        return f"S3Path({str(self)!r})"

    def __fspath__(self) -> NoReturn:
        raise TypeError(f"{self} is in an object store, and was used as if it were a file of this machine")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, S3Path) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    @property
    def bucket(self) -> str:
        """Its name.

        Raises:
            ValueError: there is none, as after joining with a path that begins anew.
        """
        if not self.is_absolute() or len(self.parts) < 2:
            raise ValueError(f"{self} names no bucket")
        return self.parts[1]

    @property
    def key(self) -> str:
        """The name in the bucket, empty for the bucket itself."""
        return "/".join(self.parts[2:])

    def absolute(self) -> "S3Path":
        """Itself."""
        return self

    def resolve(self, strict: bool = False) -> "S3Path":
        """Itself: there are no links."""
        return self

    def is_absolute(self) -> bool:
        """Whether it names a bucket."""
        return self.parts[:1] == (SCHEME,)

    def read_bytes(self) -> bytes:
        """All of the object, by one request."""
        from headrace.storage import objects

        return objects.get(self.bucket, self.key)

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """All of the object."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def write_bytes(self, data: Any) -> int:
        """Put the whole object at once; nobody sees a part of it."""
        from headrace.storage import objects

        objects.put(self.bucket, self.key, data)
        return len(data)

    def open(  # type: ignore[override]
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """For reading only; what is read is asked for when it is needed."""
        from headrace.storage.object_reader import ObjectReader

        if mode not in ("r", "rb"):
            raise TypeError(f"{self} can be opened for reading only, not as {mode!r}")
        binary = io.BufferedReader(ObjectReader(self.bucket, self.key), BUFFER)
        return binary if mode == "rb" else io.TextIOWrapper(binary, encoding or "utf-8", errors, newline)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Of the object, or of the folder that things below it make."""
        from headrace.storage import objects

        if self.key:
            try:
                found = objects.head(self.bucket, self.key)
                return _as_status(stat.S_IFREG, found.size, found.modified)
            except FileNotFoundError:
                if not self.is_dir():
                    raise
        return _as_status(stat.S_IFDIR, 0, 0.0)

    def exists(self) -> bool:
        """Whether there is an object, or something below it."""
        return self.is_file() or self.is_dir()

    def is_file(self) -> bool:
        """Whether there is an object."""
        from headrace.storage import objects

        try:
            return bool(self.key) and bool(objects.head(self.bucket, self.key))
        except FileNotFoundError:
            return False

    def is_dir(self) -> bool:
        """Whether something is below it."""
        from headrace.storage import objects

        return next(objects.below(self.bucket, self.key), None) is not None

    def is_symlink(self) -> bool:
        """Never."""
        return False

    def iterdir(self) -> Generator["S3Path", None, None]:
        """Objects and folders directly below."""
        from headrace.storage import objects

        folders, found = objects.beside(self.bucket, self.key)
        yield from (self / name.rpartition("/")[2] for name in (*folders, *(one.key for one in found)))

    def folders(self) -> set[str]:
        """Names of the folders directly below."""
        from headrace.storage import objects

        return {name.rpartition("/")[2] for name in objects.beside(self.bucket, self.key)[0]}

    def glob(self, pattern: str) -> Generator["S3Path", None, None]:
        """Objects of the name `pattern`, or with */ before it of those one folder below."""
        folder, _, name = pattern.rpartition("/")
        found = [self] if not folder else [one for one in self.iterdir() if fnmatchcase(one.name, folder)]
        yield from (one / name for one in found if (one / name).is_file())

    def rglob(self, pattern: str) -> Generator["S3Path", None, None]:
        """Objects, never folders, at any depth whose last part fits `pattern`."""
        from headrace.storage import objects

        for found in objects.below(self.bucket, self.key):
            if fnmatchcase(found.key.rpartition("/")[2], pattern):
                yield S3Path(SCHEME, self.bucket, found.key)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object; one that is not there is no error."""
        from headrace.storage import objects

        objects.delete(self.bucket, self.key)

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Nothing to do."""

    def rmdir(self) -> None:
        """Nothing to do."""


def _as_status(kind: int, size: int, modified: float) -> os.stat_result:
    return os.stat_result((kind, 0, 0, 1, 0, 0, size, int(modified), int(modified), int(modified)))
