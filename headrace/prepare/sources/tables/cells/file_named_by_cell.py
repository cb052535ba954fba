"""Read files whose paths are in the rows of a table."""

import os
import stat

from headrace.errors import DataError
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.folders.folder_source import read_bytes
from headrace.prepare.sources.folders.listed_file_hint import near_hint
from headrace.storage import is_remote, locate
from headrace.wording import escape_path


def read_named_file(root: str, path: str, max_bytes: int) -> bytes:
    """Return the content of the file `path`, an address of a store or a path relative to `root`.

    Raises:
        RejectedRecordError: there is no such file, or it is larger than `max_bytes`.
        DataError: the file cannot be read.
    """
    if "://" in path:
        address = locate(path)
        root, path = str(address.parent), address.name
    try:
        folder = locate(root)
        # Without pathlib, which takes as long as reading a small file.
        status = (folder / path).stat() if is_remote(folder) else os.stat(os.path.join(root, path))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise RejectedRecordError(
            Reason.MISSING_FILE, f"there is no file {escape_path(path)!r}{near_hint(root, path)}"
        ) from None
    except OSError as error:
        raise DataError(
            f"The file {escape_path(path)!r} cannot be read ({error.strerror}); fix the storage."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise RejectedRecordError(Reason.MISSING_FILE, f"{escape_path(path)!r} is not a file")
    if status.st_size > max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{status.st_size} bytes, the limit is {max_bytes}")
    return read_bytes(root, path)
