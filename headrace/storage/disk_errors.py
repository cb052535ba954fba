"""Turn a file error of the operating system into one sentence with path, cause and fix."""

import errno
import os
import re
from collections.abc import Iterator

FIXES = {
    errno.ENOSPC: "free disk space",
    errno.EDQUOT: "free disk space, or raise the quota",
    errno.EROFS: "mount the file system writable, or name another path",
    errno.EACCES: "fix the permissions, or name another path",
    errno.EPERM: "fix the permissions, or name another path",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise this machine's limit of open files (fs.file-max)",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f), or use another file system",
    errno.EIO: "check the disk or the network file system",
    errno.ESTALE: "check the network file system",
}
# Libraries in C++, Rust and Java report these in the text of an error of another class.
IN_TEXT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.EFBIG)
# A write that fails is about the file being written; a failed read inside the same block is not.
WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
# The name of an unfinished file or folder, as `headrace.storage.atomic_files_and_folders` makes it.
UNFINISHED = re.compile(r"/\.([^/]+)\.[0-9a-f]{12}(?:\.before)?(?=/|$)")
# The end of Python's message: [Errno 28] No space left on device: '/data/file' -> '/data/other'
ERRNO = re.compile(r"\[[Ee]rrno (?P<number>\d+)\] (?P<reason>[^:'\n]+)(?:: '(?P<path>[^'\n]+)')?")
QUOTED_PATH = re.compile(r"""['"`](/[^'"`\n]+)['"`]""")


def describe(error: BaseException) -> str | None:
    """Return the sentence about an error, or about its cause; None for an error that is not about a file."""
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        return _sentence(error.errno, os.fsdecode(error.filename))
    for cause in _chain(error):
        if isinstance(cause, OSError) and cause.errno in FIXES:
            filename = cause.filename
            return _sentence(cause.errno, None if filename is None else os.fsdecode(filename))
    texts = map(str, _chain(error))
    return next(filter(None, map(describe_text, texts)), None)


def describe_text(text: str) -> str | None:
    """Return the sentence about an error whose text contains the system's reason; None if it contains none.

    Args:
        text: message of an error, or the traceback of a Spark task.
    """
    if (match := ERRNO.search(text)) and int(match["number"]) in FIXES:
        return _sentence(int(match["number"]), match["path"])
    code = code_in_text(text)
    if code is None:
        return None
    path = QUOTED_PATH.search(text)
    return _sentence(code, path[1] if path else None)


def code_in_text(text: str) -> int | None:
    """Return the code of the system's reason that `text` contains, such as ENOSPC; None if it contains none."""
    return next((code for code in IN_TEXT if os.strerror(code) in text), None)


def _sentence(code: int, path: str | None) -> str:
    fix = FIXES.get(code)
    advice = f"; {fix} and run the command again" if fix else ""
    location = UNFINISHED.sub(r"/\1", path) + ": " if path else ""
    return f"{location}{os.strerror(code)}{advice}."


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error, its cause, the cause's cause, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
