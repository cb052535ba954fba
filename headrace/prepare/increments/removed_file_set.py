"""The source files whose records are dropped from the previous version."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RemovedFiles:
    """Set of source files that were changed or removed; contains the paths of their records.

    Attributes:
        files: paths of the files, escaped as in records' paths.
        nested: whether a record's path is the file's path, a slash, and the record's name or index in the file.
    """

    files: frozenset[str] = frozenset()
    nested: bool = False

    def __bool__(self) -> bool:
        return bool(self.files)

    def __contains__(self, path: str) -> bool:
        return self.find_file(path) is not None

    def find_file(self, path: str) -> str | None:
        """Return the file that contains the record `path`; None if it is not among `files`."""
        end = len(path)
        while end > 0:
            if path[:end] in self.files:
                return path[:end]
            end = path.rfind("/", 0, end) if self.nested else 0
        return None
