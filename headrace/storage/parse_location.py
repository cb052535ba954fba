"""Parse a location written by a user into a path of this machine, of an object store or of HDFS."""

import os
import re
from pathlib import Path
from typing import TypeGuard

from headrace.storage.hdfs.read_only_path import HdfsPath
from headrace.storage.object_stores.pathlib_compatible_path import AbfsPath, AzurePath, GcsPath, S3Path
from headrace.storage.remote_path_base import RemotePath

# One slash suffices, because `Path` collapses two into one. Hadoop names s3 s3a, and abfss without TLS abfs.
STORE = re.compile(r"(s3a?|gs|az|abfss?):/+")
STORE_PATHS = {"s3": S3Path, "s3a": S3Path, "gs": GcsPath, "az": AzurePath, "abfs": AbfsPath, "abfss": AbfsPath}
# Two slashes are required: after one, a server could not be distinguished from a folder.
HDFS = re.compile(r"hdfs://(?P<server>[^/]*)(?P<path>.*)", re.DOTALL)


def locate(location: str | Path) -> Path:
    """Return the path of a location: `ObjectPath` for object stores, `HdfsPath` for hdfs://, else a local `Path`."""
    if isinstance(location, RemotePath):
        return location
    if address := STORE.match(str(location)):
        kind = STORE_PATHS[address[1]]
        return kind(f"{kind.SCHEME}/" + str(location)[address.end() - 1 :])
    if address := HDFS.fullmatch(str(location)):
        return HdfsPath.from_server(address["server"], address["path"])
    return Path(location)


def is_remote(path: Path) -> TypeGuard[RemotePath]:
    """Return whether `path` is on a store, without links, file locks or appending."""
    return isinstance(path, RemotePath)


def path_hint(path: str | Path) -> str:
    """Return where the missing `path` was looked for, without `..`, in brackets; empty if it is absolute."""
    located = locate(path)
    return "" if located.is_absolute() else f" (looked for at {os.path.normpath(located.absolute())})"


def read_failure(error: OSError, path: str | Path) -> str:
    """Return why `path` cannot be read, and where it was looked for, in brackets."""
    return f"({error.strerror}){path_hint(path)}".replace(") (", "; ")
