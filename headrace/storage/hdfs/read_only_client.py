"""Read files on HDFS. Only this module imports `hdfs_native`, on first use.

Hadoop's own files (core-site.xml and hdfs-site.xml in HADOOP_CONF_DIR) configure the connection: nameservices and their
addresses, Kerberos, the default file system. The user is HADOOP_USER_NAME, the user of this process, or the user of the
Kerberos ticket. Retries and timeouts are set here.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from headrace.errors import StoreError
from headrace.storage.call_timeout import run_with_timeout
from headrace.storage.hdfs.hdfs_error_messages import describe
from headrace.storage.listed_file import ListedFile
from headrace.storage.range_reader import RangeReader

if TYPE_CHECKING:
    from hdfs_native import Client, FileStatus

# Timeout of a NameNode that accepts connections but does not respond, including retries; the library has none.
ANSWER_SECONDS = 60
# Timeout of reading one part of a file, and of a DataNode that does not respond.
PART_SECONDS = 120
SOCKET_SECONDS = 30
PART = 32 << 20
# Entries of a listing per request.
ENTRIES = 1000
# Attempts over all NameNodes of a nameservice, in turn; the wait doubles up to the longest: about 20 s in total.
MAX_ATTEMPTS = 7
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5
CONFIGURATION = {
    "dfs.client.socket-timeout": str(SOCKET_SECONDS * 1000),
    "dfs.client.failover.max.attempts": str(MAX_ATTEMPTS),
    "dfs.client.failover.sleep.base.millis": f"{FIRST_WAIT_SECONDS * 1000:.0f}",
    "dfs.client.failover.sleep.max.millis": f"{LONGEST_WAIT_SECONDS * 1000:.0f}",
}
# Environment variables that determine the server and the user.
ENVIRONMENT = ("HADOOP_CONF_DIR", "HADOOP_HOME", "HADOOP_USER_NAME", "HADOOP_PROXY_USER")

_client_lock = Lock()


class Status(NamedTuple):
    """Status of a file or folder.

    Attributes:
        path: path on the server.
        size: size in bytes.
        modified: milliseconds since 1970.
    """

    path: str
    size: int
    modified: int
    is_folder: bool

    def entry(self, path: str) -> ListedFile:
        """Return the status as the entry of file `path` in a listing."""
        return ListedFile(path, self.size, self.modified / 1000, self.modified * 1_000_000)


def status(server: str, path: str) -> Status:
    """Return the status of a file or folder.

    Raises:
        FileNotFoundError: the file does not exist.
        StoreError: the server refuses the request or does not respond.
    """
    with _translated_errors(server, path):
        client = _client(server)
        return _status(run_with_timeout(ANSWER_SECONDS, lambda: client.get_file_info(path)))


def list_status(server: str, path: str, *, recursive: bool = False) -> Iterator[Status]:
    """Return every file and folder directly below `path`, or at any depth.

    Raises:
        StoreError: a folder is missing or was removed, or the server refuses the request or does not respond.
    """
    try:
        with _translated_errors(server, path):
            remaining = _client(server).list_status(path, recursive)
            while batch := run_with_timeout(ANSWER_SECONDS, lambda: list(islice(remaining, ENTRIES))):
                yield from map(_status, batch)
    except FileNotFoundError:
        # Ending the list here would silently drop all files that are not listed yet.
        raise StoreError(
            f"hdfs://{server}{path} was changed while it was listed; try again when no other process writes there."
        ) from None


def read(server: str, path: str) -> bytes:
    """Return the whole content of a file.

    Raises:
        FileNotFoundError: the file does not exist.
        StoreError: the server refuses the request or does not respond, or no DataNode has a part.
    """
    size, read_range = _open_file(server, path)
    return b"".join(read_range(start, min(start + PART, size)) for start in range(0, size, PART))


def reader(server: str, path: str) -> RangeReader:
    """Open a file for reading in parts.

    Raises:
        FileNotFoundError: the file does not exist.
        StoreError: the server refuses the request or does not respond; reads also raise it if no DataNode has a part.
    """
    return RangeReader(*_open_file(server, path))


def _open_file(server: str, path: str) -> tuple[int, Callable[[int, int], bytes]]:
    """Return the size of a file in bytes, and a function that reads a byte range."""
    with _translated_errors(server, path):
        client = _client(server)
        file = run_with_timeout(ANSWER_SECONDS, lambda: client.read(path))

    def read_range(start: int, stop: int) -> bytes:
        with _translated_errors(server, path):
            return run_with_timeout(PART_SECONDS, lambda: file.read_range(start, stop - start))

    return len(file), read_range


def _status(info: "FileStatus") -> Status:
    return Status(info.path, info.length, info.modification_time, info.isdir)


def _client(server: str) -> "Client":
    # Several threads may create the first client. A process forked after that has the library's memory but none of its
    # threads, so the key includes the process ID; Spark's daemon, which forks, must not create a client.
    with _client_lock:
        return _cached_client(server, os.getpid(), tuple(os.environ.get(name) for name in ENVIRONMENT))


@lru_cache(maxsize=16)
def _cached_client(server: str, _process: int, _environment: tuple[str | None, ...]) -> "Client":
    from hdfs_native import Client

    return Client(f"hdfs://{server}" if server else None, CONFIGURATION)


@contextmanager
def _translated_errors(server: str, path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(2, "no such file", f"hdfs://{server}{path}") from None
    except (OSError, RuntimeError) as error:
        raise StoreError(describe(server, path, str(error))) from None
