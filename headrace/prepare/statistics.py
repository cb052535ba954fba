"""Mean and variance per channel in one pass, exact: sums of integers, added in any order."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headrace.prepare.image import Pixels
from headrace.schema import Statistics

VALUES = np.arange(256, dtype=np.int64)
SQUARES = VALUES * VALUES
# NumPy sums these before OpenCV has begun to count.
FEW_PIXELS = 2048
# OpenCV counts in 32-bit floating point, which is exact up to here.
MOST_COUNTED = 2**24


@dataclass(frozen=True)
class Sums:
    """Per channel: how many values, their sum, and the sum of their squares (Python integers, no rounding)."""

    count: int
    total: tuple[int, ...]
    squares: tuple[int, ...]

    @classmethod
    def zero(cls, channels: int) -> "Sums":
        """Of nothing."""
        return cls(0, (0,) * channels, (0,) * channels)

    @classmethod
    def of(cls, pixels: Pixels) -> "Sums":
        """Of one image, (height, width, channels)."""
        height, width, channels = pixels.shape
        if height * width < FEW_PIXELS:
            values = pixels.reshape(-1, channels).astype(np.int64)
            return cls(len(values), tuple(values.sum(0).tolist()), tuple((values * values).sum(0).tolist()))
        histograms = [_histogram(pixels, channel) for channel in range(channels)]
        total = tuple(int(counts @ VALUES) for counts in histograms)
        return cls(height * width, total, tuple(int(counts @ SQUARES) for counts in histograms))

    @classmethod
    def from_bytes(cls, stored: Iterable[bytes], pixels: int, channels: int) -> "Sums":
        """Of images that were kept as `to_bytes` gives them, each of `pixels` values a channel."""
        rows = np.frombuffer(b"".join(stored), "<i8").reshape(-1, 2, channels)
        # As Python's integers: the squares of many large images are more than 64 bits hold.
        total, squares = rows.astype(object).sum(0) if len(rows) else ((0,) * channels, (0,) * channels)
        return cls(len(rows) * pixels, tuple(total), tuple(squares))

    def to_bytes(self) -> bytes:
        """Totals, then squares, as little-endian 64-bit integers; of one image they fit."""
        return np.array((*self.total, *self.squares), "<i8").tobytes()

    def __sub__(self, other: "Sums") -> "Sums":
        return self + Sums(-other.count, tuple(-v for v in other.total), tuple(-v for v in other.squares))

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.count + other.count, _add(self.total, other.total), _add(self.squares, other.squares))

    def statistics(self) -> Statistics:
        """Mean and population variance; 0 and 1 where there were no values."""
        if not self.count:
            return Statistics(mean=tuple(0.0 for _ in self.total), variance=tuple(1.0 for _ in self.total))
        mean = tuple(total / self.count for total in self.total)
        # n * sum(x^2) - sum(x)^2 in integers: nothing cancels.
        variance = tuple(
            (self.count * square - total * total) / self.count**2
            for total, square in zip(self.total, self.squares, strict=True)
        )
        return Statistics(mean=mean, variance=variance)


def _histogram(pixels: Pixels, channel: int) -> NDArray[np.int64]:
    """How often each of the 256 values is in a channel; OpenCV counts ten times as fast as NumPy sums."""
    rows = max(1, MOST_COUNTED // pixels.shape[1])
    counts = np.zeros(256, np.int64)
    for begin in range(0, len(pixels), rows):
        part = np.ascontiguousarray(pixels[begin : begin + rows])
        counts += cv2.calcHist([part], [channel], None, [256], [0, 256])[:, 0].astype(np.int64)
    return counts


def _add(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))
