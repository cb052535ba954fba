"""Files that are there completely or not at all."""

import os
import uuid
from pathlib import Path

from headrace.storage.location import is_remote


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Write `data` to `path`; folders that are missing are made.

    The file appears under its name only when all of it is on disk. Readers see what was there before or the new
    content; a writer that dies leaves at most a hidden temporary file beside it.

    Raises:
        OSError: the file cannot be written; what was at `path` before is still there.
    """
    if is_remote(path):
        # A store shows an object when it has all of it.
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two machines that share the folder may have processes of the same number.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
