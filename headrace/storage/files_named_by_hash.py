"""Content-addressed files in a table's folder, verified when they are read."""

import hashlib
from pathlib import Path

from headrace.errors import DataError
from headrace.storage.atomic_files_and_folders import atomic_write

FOLDER = "_headrace"


def save_named_by_hash(data: bytes, stem: str, table: Path) -> tuple[str, str]:
    """Write `data` into the folder of `table` unless it is there; return the path relative to it, and the SHA-256."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = f"{FOLDER}/{stem}-{sha256[:16]}.json"
    if not (table / file).exists():
        atomic_write(table / file, data)
    return file, sha256


def read_unchanged(path: Path, sha256: str, what: str, verb: str = "was") -> bytes:
    """Return the content of a file whose hash is `sha256`.

    Args:
        what: what the file holds, in a message; `verb` agrees with it.

    Raises:
        DataError: the file is missing or was changed.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{what} {path} cannot be read ({error.strerror}); restore it.") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataError(f"{what} {path} {verb} changed since its table was prepared; restore it.")
    return data
