"""Downloads kept for the next time, each checked against its SHA-256 whenever it is read."""

import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)


def cache_folder(name: str) -> Path:
    """Where files of the data set `name` are kept: below XDG_CACHE_HOME, else ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "headrace" / name


def is_intact(content: bytes, sha256: str) -> bool:
    """Whether `content` has the digest `sha256`, in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest() == sha256


def load(folder: Path, digests: Mapping[str, str]) -> dict[str, bytes] | None:
    """The files named in `digests`, by name; None unless all are there and intact."""
    contents = {}
    for name, digest in digests.items():
        try:
            content = (folder / name).read_bytes()
        except OSError:
            return None
        if not is_intact(content, digest):
            log.warning("%s is damaged; it is brought again.", folder / name)
            return None
        contents[name] = content
    return contents


def store(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Keep `contents`, by file name; a folder that cannot be written is no error, only no help next time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            temporary = folder / f".{name}.{os.getpid()}"
            temporary.write_bytes(content)
            temporary.replace(folder / name)
    except OSError as error:
        log.warning("Nothing is kept in %s for the next time (%s).", folder, error.strerror)
