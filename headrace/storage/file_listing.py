"""List the files below a directory with their metadata, in as few requests as possible."""

from collections.abc import Iterator
from pathlib import Path

from headrace.storage.listed_file import ListedFile
from headrace.storage.parse_location import is_remote


def files_below(folder: Path) -> Iterator[ListedFile]:
    """Yield every file below `folder`, at any depth, in no particular order."""
    return folder.files() if is_remote(folder) else _files(folder)


def read_entry(file: Path) -> ListedFile:
    """Return the entry of one file; its path is the file name alone."""
    if is_remote(file):
        return file.entry()
    status = file.stat()
    return ListedFile(file.name, status.st_size, status.st_mtime, status.st_mtime_ns)


def _files(folder: Path) -> Iterator[ListedFile]:
    for file in folder.rglob("*"):
        if file.is_file():
            status = file.stat()
            yield ListedFile(str(file.relative_to(folder)), status.st_size, status.st_mtime, status.st_mtime_ns)
