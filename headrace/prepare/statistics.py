"""Mean and variance per channel in one pass, exact: sums of integers, added in any order."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from headrace.prepare.image import Pixels
from headrace.schema import Statistics

# OpenCV adds up in integers and divides in 64-bit floating point; multiplied again that is, for so many pixels, far
# less than 0.5 off, and rounds to the sum itself.
MOST_PIXELS = 2**24


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
    def from_bytes(cls, stored: Iterable[bytes], pixels: int, channels: int) -> "Sums":
        """Of images of which each has `pixels` values a channel, by their `stored_sums`."""
        rows = np.frombuffer(b"".join(stored), "<i8").reshape(-1, 2, channels)
        # As Python's integers: the squares of many large images are more than 64 bits hold.
        total, squares = rows.astype(object).sum(0) if len(rows) else ((0,) * channels, (0,) * channels)
        return cls(len(rows) * pixels, tuple(total), tuple(squares))

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


def stored_sums(pixels: Pixels) -> bytes:
    """The sums of all channels of one image, then those of their squares, as little-endian 64-bit integers."""
    rows = max(1, MOST_PIXELS // pixels.shape[1])
    parts = [_totals(pixels[begin : begin + rows]) for begin in range(0, len(pixels), rows)]
    return reduce(np.add, parts).tobytes()


def _totals(pixels: Pixels) -> NDArray[np.int64]:
    """Sums, then sums of squares, of at most `MOST_PIXELS`; OpenCV's SIMD takes a tenth of NumPy's time."""
    mean, deviation = cv2.meanStdDev(pixels)
    means = np.concatenate((mean, deviation * deviation + mean * mean))
    return np.asarray(np.rint(means * (pixels.shape[0] * pixels.shape[1])), "<i8")


def _add(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))
