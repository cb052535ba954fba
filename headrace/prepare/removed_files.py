"""Which records of an older version count no longer: those of files that were changed or removed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RemovedFiles:
    """The files whose records are gone.

    Attributes:
        files: as records name them.
        nested: whether a record's path is the file's and, after a slash, its place in it.
    """

    files: frozenset[str] = frozenset()
    nested: bool = False

    def __bool__(self) -> bool:
        return bool(self.files)

    def __contains__(self, path: str) -> bool:
        return self.file_of(path) is not None

    def file_of(self, path: str) -> str | None:
        """The one of the files that the record `path` is in."""
        end = len(path)
        while end > 0:
            if path[:end] in self.files:
                return path[:end]
            end = path.rfind("/", 0, end) if self.nested else 0
        return None
