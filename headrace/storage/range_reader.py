"""Bytes that a store gives from one place to another, read as a file is."""

import io
import os
from collections.abc import Callable


class RangeReader(io.RawIOBase):
    """Each read is a request."""

    def __init__(self, size: int, read_range: Callable[[int, int], bytes]) -> None:
        """Of `size` bytes; `read_range` gives those from one byte up to another."""
        super().__init__()
        self._size, self._read_range = size, read_range
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; nothing is read."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from here on, as far as the bytes go."""
        stop = min(self._at + len(buffer), self._size)
        if stop <= self._at:
            return 0
        data = self._read_range(self._at, stop)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
