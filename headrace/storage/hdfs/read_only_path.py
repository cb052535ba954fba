"""A read-only path on HDFS with the interface of `pathlib.Path`.

This module imports no store library; the first access to a file does.
"""

import os
import stat
from collections.abc import Generator, Iterator
from typing import ClassVar

from headrace.storage.listed_file import ListedFile
from headrace.storage.range_reader import RangeReader
from headrace.storage.remote_path_base import RemotePath, as_status

# Stands for the default server of Hadoop's configuration, where a path names none; not a valid host name.
DEFAULT = "*"


class HdfsPath(RemotePath):
    """hdfs://host:port/path, hdfs://nameservice/path, or hdfs:///path with Hadoop's default server."""

    SCHEME: ClassVar[str] = "hdfs:"

    @classmethod
    def from_server(cls, server: str, path: str) -> "HdfsPath":
        """Return the absolute `path` on `server`; empty for the default server."""
        return cls(cls.SCHEME, server or DEFAULT, path.lstrip("/"))

    def __str__(self) -> str:
        if self.parts[:2] == (self.SCHEME, DEFAULT):
            return "/".join((f"{self.SCHEME}/", "", *self.parts[2:]))
        return super().__str__()

    @property
    def server(self) -> str:
        """Host and port, or a nameservice; empty for the default server.

        Raises:
            ValueError: the path has no server, e.g. after joining with an absolute local path.
        """
        named = super().server
        return "" if named == DEFAULT else named

    @property
    def inside(self) -> str:
        """The path on the server.

        Raises:
            FileNotFoundError: a file on HDFS cannot have that name.
        """
        parts = self.parts[2:]
        # The server would refuse these names as invalid, but the useful error is that no such file exists.
        if any(part == ".." or ":" in part for part in parts):
            raise FileNotFoundError(2, "no such file", str(self))
        return "/" + "/".join(parts)

    def read_bytes(self) -> bytes:
        """Return the whole content of the file."""
        from headrace.storage.hdfs import read_only_client

        return read_only_client.read(self.server, self.inside)

    def reader(self) -> RangeReader:
        """Open the file for reading in parts."""
        from headrace.storage.hdfs import read_only_client

        return read_only_client.reader(self.server, self.inside)

    def entry(self) -> ListedFile:
        """Return the entry of the file or folder."""
        from headrace.storage.hdfs import read_only_client

        return read_only_client.status(self.server, self.inside).entry(self.name)

    def files(self) -> Iterator[ListedFile]:
        """Yield every file below; nothing if the folder does not exist."""
        from headrace.storage.hdfs import read_only_client

        if not self.is_dir():
            return
        prefix_length = len(self.inside.rstrip("/")) + 1
        for status in read_only_client.list_status(self.server, self.inside, recursive=True):
            if not status.is_folder:
                yield status.entry(status.path[prefix_length:])

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return the status of the file or folder."""
        from headrace.storage.hdfs import read_only_client

        status = read_only_client.status(self.server, self.inside)
        return as_status(stat.S_IFDIR if status.is_folder else stat.S_IFREG, status.size, status.modified / 1000)

    def is_file(self) -> bool:
        """Return whether this is a file."""
        return self._is(stat.S_IFREG)

    def is_dir(self) -> bool:
        """Return whether this is a folder."""
        return self._is(stat.S_IFDIR)

    def iterdir(self) -> Generator["HdfsPath", None, None]:
        """Yield the files and folders directly below."""
        from headrace.storage.hdfs import read_only_client

        statuses = read_only_client.list_status(self.server, self.inside)
        yield from (self / status.path.rpartition("/")[2] for status in statuses)

    def folders(self) -> set[str]:
        """Return the names of the folders directly below."""
        from headrace.storage.hdfs import read_only_client

        statuses = read_only_client.list_status(self.server, self.inside)
        return {status.path.rpartition("/")[2] for status in statuses if status.is_folder}

    def _is(self, file_type: int) -> bool:
        try:
            return stat.S_IFMT(self.stat().st_mode) == file_type
        except FileNotFoundError:
            return False
