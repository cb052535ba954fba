"""The cache of downloaded files; every read verifies the SHA-256."""

import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)


def cache_folder(name: str) -> Path:
    """Return the cache folder of the data set `name`: below XDG_CACHE_HOME, else ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "headrace" / name


def is_intact(content: bytes, sha256: str) -> bool:
    """Return whether `content` has the digest `sha256`, in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest() == sha256


def load(folder: Path, digests: Mapping[str, str]) -> dict[str, bytes] | None:
    """Return the contents of the files in `digests` by name; None unless all exist and are intact."""
    contents = {}
    for name, digest in digests.items():
        try:
            content = (folder / name).read_bytes()
        except OSError:
            return None
        if not is_intact(content, digest):
            log.warning("%s is damaged; downloading it again.", folder / name)
            return None
        contents[name] = content
    return contents


def store(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write `contents`, by file name; if the folder cannot be written, log a warning instead of raising."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            temporary = folder / f".{name}.{os.getpid()}"
            temporary.write_bytes(content)
            temporary.replace(folder / name)
    except OSError as error:
        log.warning("The download was not cached: %s cannot be written (%s).", folder, error.strerror)
