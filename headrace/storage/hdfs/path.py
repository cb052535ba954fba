"""A read-only path on HDFS with the interface of `pathlib.Path`.

This module imports no library of a store; the first file does.
"""

import os
import stat
from collections.abc import Generator, Iterator
from typing import ClassVar

from headrace.storage.entry import Entry
from headrace.storage.range_reader import RangeReader
from headrace.storage.remote_path import RemotePath, as_status

# In the place of a server where none is named: the one that Hadoop's configuration names. No host is called so.
DEFAULT = "*"


class HdfsPath(RemotePath):
    """hdfs://host:port/path, hdfs://nameservice/path, or hdfs:///path with Hadoop's default server."""

    SCHEME: ClassVar[str] = "hdfs:"

    @classmethod
    def of(cls, server: str, path: str) -> "HdfsPath":
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
            ValueError: there is none, as after joining with a path that begins anew.
        """
        named = super().server
        return "" if named == DEFAULT else named

    @property
    def inside(self) -> str:
        """The path on the server.

        Raises:
            FileNotFoundError: no file of HDFS can have that name.
        """
        parts = self.parts[2:]
        # The server would refuse these as invalid, where what is wrong is that there is no such file.
        if any(part == ".." or ":" in part for part in parts):
            raise FileNotFoundError(2, "no such file", str(self))
        return "/" + "/".join(parts)

    def read_bytes(self) -> bytes:
        """Return the whole content of the file."""
        from headrace.storage.hdfs import client

        return client.read(self.server, self.inside)

    def reader(self) -> RangeReader:
        """Open the file for reading in parts."""
        from headrace.storage.hdfs import client

        return client.reader(self.server, self.inside)

    def entry(self) -> Entry:
        """Return the entry of the file or folder."""
        from headrace.storage.hdfs import client

        return client.status(self.server, self.inside).entry(self.name)

    def files(self) -> Iterator[Entry]:
        """Yield every file below; nothing if the folder does not exist."""
        from headrace.storage.hdfs import client

        if not self.is_dir():
            return
        begin = len(self.inside.rstrip("/")) + 1
        for found in client.listed(self.server, self.inside, recursive=True):
            if not found.is_folder:
                yield found.entry(found.path[begin:])

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return the status of the file or folder."""
        from headrace.storage.hdfs import client

        found = client.status(self.server, self.inside)
        return as_status(stat.S_IFDIR if found.is_folder else stat.S_IFREG, found.size, found.modified / 1000)

    def is_file(self) -> bool:
        """Return whether this is a file."""
        return self._is(stat.S_IFREG)

    def is_dir(self) -> bool:
        """Return whether this is a folder."""
        return self._is(stat.S_IFDIR)

    def iterdir(self) -> Generator["HdfsPath", None, None]:
        """Yield files and folders directly below."""
        from headrace.storage.hdfs import client

        found = client.listed(self.server, self.inside)
        yield from (self / one.path.rpartition("/")[2] for one in found)

    def folders(self) -> set[str]:
        """Return the names of the folders directly below."""
        from headrace.storage.hdfs import client

        found = client.listed(self.server, self.inside)
        return {one.path.rpartition("/")[2] for one in found if one.is_folder}

    def _is(self, kind: int) -> bool:
        try:
            return stat.S_IFMT(self.stat().st_mode) == kind
        except FileNotFoundError:
            return False
