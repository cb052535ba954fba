"""An object read as a file is, part by part."""

import io
import os

from headrace.storage import objects


class ObjectReader(io.RawIOBase):
    """Each read is a request; one that comes after the object was replaced is refused.

    Raises:
        FileNotFoundError: there is no such object.
    """

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__()
        self._bucket = bucket
        self._status = objects.head(bucket, key)
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; nothing is read."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._status.size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from here on, as far as the object goes."""
        stop = min(self._at + len(buffer), self._status.size)
        if stop <= self._at:
            return 0
        data = objects.get_range(self._bucket, self._status, self._at, stop)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
