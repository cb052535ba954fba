"""Read files on HDFS. The only importer of `hdfs_native`, which is imported on first use.

How a server is reached is in Hadoop's own files (core-site.xml and hdfs-site.xml in HADOOP_CONF_DIR): nameservices
and their addresses, Kerberos, the default file system. The user is HADOOP_USER_NAME, or the one of this process, or
the one of the Kerberos ticket. Retries and timeouts are from here.
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
from headrace.storage.entry import Entry
from headrace.storage.hdfs.errors import describe
from headrace.storage.range_reader import RangeReader

if TYPE_CHECKING:
    from hdfs_native import Client, FileStatus

# Of a NameNode that is there and says nothing, for which the library would wait without an end; also of all tries.
ANSWER_SECONDS = 60
# Of one part of a file, whatever the DataNodes do, and of one of them that says nothing.
PART_SECONDS = 120
SOCKET_SECONDS = 30
PART = 32 << 20
# How much of a list is asked for at once.
ENTRIES = 1000
# All NameNodes of a nameservice, one after the other; a wait doubles, up to the longest: some twenty seconds in all.
MAX_ATTEMPTS = 7
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5
CONFIGURATION = {
    "dfs.client.socket-timeout": str(SOCKET_SECONDS * 1000),
    "dfs.client.failover.max.attempts": str(MAX_ATTEMPTS),
    "dfs.client.failover.sleep.base.millis": f"{FIRST_WAIT_SECONDS * 1000:.0f}",
    "dfs.client.failover.sleep.max.millis": f"{LONGEST_WAIT_SECONDS * 1000:.0f}",
}
# What decides which server answers, and to whom.
ENVIRONMENT = ("HADOOP_CONF_DIR", "HADOOP_HOME", "HADOOP_USER_NAME", "HADOOP_PROXY_USER")

_making = Lock()


class Status(NamedTuple):
    """Status of a file or folder.

    Attributes:
        path: on the server.
        size: in bytes.
        modified: milliseconds since 1970.
    """

    path: str
    size: int
    modified: int
    is_folder: bool

    def entry(self, path: str) -> Entry:
        """Return the status as the entry of file `path` in a listing."""
        return Entry(path, self.size, self.modified / 1000, self.modified * 1_000_000)


def status(server: str, path: str) -> Status:
    """Return the status of a file or folder.

    Raises:
        FileNotFoundError: there is none.
        StoreError: the server refuses, or does not answer.
    """
    with _told(server, path):
        client = _client(server)
        return _status(run_with_timeout(ANSWER_SECONDS, lambda: client.get_file_info(path)))


def listed(server: str, path: str, *, recursive: bool = False) -> Iterator[Status]:
    """Return every file and folder directly below `path`, or at any depth.

    Raises:
        StoreError: a folder is not there or went away meanwhile, the server refuses, or does not answer.
    """
    try:
        with _told(server, path):
            left = _client(server).list_status(path, recursive)
            while found := run_with_timeout(ANSWER_SECONDS, lambda: list(islice(left, ENTRIES))):
                yield from map(_status, found)
    except FileNotFoundError:
        # Taken for the end of the list, it would be taken for the end of all files that were not listed yet.
        raise StoreError(
            f"hdfs://{server}{path} was changed while it was listed; run it again when nobody writes there."
        ) from None


def read(server: str, path: str) -> bytes:
    """Return the whole content of a file.

    Raises:
        FileNotFoundError: there is none.
        StoreError: the server refuses, does not answer, or has no whole copy.
    """
    size, read_range = _opened_file(server, path)
    return b"".join(read_range(start, min(start + PART, size)) for start in range(0, size, PART))


def reader(server: str, path: str) -> RangeReader:
    """Open a file for reading in parts.

    Raises:
        FileNotFoundError: there is none.
        StoreError: the server refuses, or does not answer; of the reader also that it has no whole copy.
    """
    return RangeReader(*_opened_file(server, path))


def _opened_file(server: str, path: str) -> tuple[int, Callable[[int, int], bytes]]:
    """Return the size of a file in bytes, and a function that reads a byte range."""
    with _told(server, path):
        client = _client(server)
        file = run_with_timeout(ANSWER_SECONDS, lambda: client.read(path))

    def read_range(start: int, stop: int) -> bytes:
        with _told(server, path):
            return run_with_timeout(PART_SECONDS, lambda: file.read_range(start, stop - start))

    return len(file), read_range


def _status(found: "FileStatus") -> Status:
    return Status(found.path, found.length, found.modification_time, found.isdir)


def _client(server: str) -> "Client":
    # Several threads may ask first. A process that was forked from one that has asked would have the library's memory
    # and none of its threads: Spark's daemon, which forks, must not ask.
    with _making:
        return _opened(server, os.getpid(), tuple(os.environ.get(name) for name in ENVIRONMENT))


@lru_cache(maxsize=16)
def _opened(server: str, _process: int, _environment: tuple[str | None, ...]) -> "Client":
    from hdfs_native import Client

    return Client(f"hdfs://{server}" if server else None, CONFIGURATION)


@contextmanager
def _told(server: str, path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(2, "no such file", f"hdfs://{server}{path}") from None
    except (OSError, RuntimeError) as error:
        raise StoreError(describe(server, path, str(error))) from None
