"""A seekable file object over reads of byte ranges."""

import io
import os
from collections.abc import Callable


class RangeReader(io.RawIOBase):
    """A seekable binary file in which each read is one request."""

    def __init__(self, size: int, read_range: Callable[[int, int], bytes]) -> None:
        """Create a file of `size` bytes; `read_range(start, stop)` returns the bytes of that half-open range."""
        super().__init__()
        self._size, self._read_range = size, read_range
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position of the next read; read nothing."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        """Return the position of the next read."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read up to `len(buffer)` bytes into `buffer`; return their number, 0 at the end."""
        stop = min(self._position + len(buffer), self._size)
        if stop <= self._position:
            return 0
        data = self._read_range(self._position, stop)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
