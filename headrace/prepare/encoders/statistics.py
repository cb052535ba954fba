"""Mean and variance per channel of images and per feature of windows, in one pass."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce

import cv2
import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from headrace.contract import Statistics
from headrace.errors import DataError
from headrace.prepare.columns import window_columns
from headrace.prepare.encoders.image import Pixels
from headrace.prepare.plan import PrepareContext
from headrace.storage.parquet import open_parquet
from headrace.table.shards import Shard

# OpenCV adds up in integers and divides in 64-bit floating point; multiplied again that is, for so many pixels, far
# less than 0.5 off, and rounds to the sum itself.
MAX_PIXELS = 2**24


@dataclass(frozen=True)
class ChannelSums:
    """Per channel: how many values, their sum, and the sum of their squares (Python integers, no rounding)."""

    count: int
    total: tuple[int, ...]
    squares: tuple[int, ...]

    @classmethod
    def zero(cls, channels: int) -> "ChannelSums":
        """Of nothing."""
        return cls(0, (0,) * channels, (0,) * channels)

    @classmethod
    def from_bytes(cls, stored: Iterable[bytes], pixels: int, channels: int) -> "ChannelSums":
        """Of images of which each has `pixels` values a channel, by their `stored_sums`."""
        rows = np.frombuffer(b"".join(stored), "<i8").reshape(-1, 2, channels)
        # As Python's integers: the squares of many large images are more than 64 bits hold.
        total, squares = rows.astype(object).sum(0) if len(rows) else ((0,) * channels, (0,) * channels)
        return cls(len(rows) * pixels, tuple(total), tuple(squares))

    def __sub__(self, other: "ChannelSums") -> "ChannelSums":
        return self + ChannelSums(-other.count, tuple(-v for v in other.total), tuple(-v for v in other.squares))

    def __add__(self, other: "ChannelSums") -> "ChannelSums":
        return ChannelSums(self.count + other.count, _add(self.total, other.total), _add(self.squares, other.squares))

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
    rows = max(1, MAX_PIXELS // pixels.shape[1])
    parts = [_totals(pixels[begin : begin + rows]) for begin in range(0, len(pixels), rows)]
    return reduce(np.add, parts).tobytes()


def _totals(pixels: Pixels) -> NDArray[np.int64]:
    """Sums, then sums of squares, of at most `MAX_PIXELS`; OpenCV's SIMD takes a tenth of NumPy's time."""
    mean, deviation = cv2.meanStdDev(pixels)
    means = np.concatenate((mean, deviation * deviation + mean * mean))
    return np.asarray(np.rint(means * (pixels.shape[0] * pixels.shape[1])), "<i8")


def _add(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))


@dataclass(frozen=True)
class Moments:
    """Of some values of each feature: how many, their mean, and the sum of their squared distances from it."""

    count: int
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    def joined(self, other: "Moments") -> "Moments":
        """Of both, without cancellation.

        Chan, Golub, LeVeque: Algorithms for computing the sample variance. The American Statistician 37 (1983).
        """
        count = self.count + other.count
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        return Moments(count, mean, self.squares + other.squares + apart**2 * (self.count * other.count / count))


def window_statistics(spark: SparkSession, task: PrepareContext, training: Sequence[Shard]) -> Statistics:
    """Over all values of the windows in `training`.

    Raises:
        DataError: there are none.
    """
    if not training:
        raise DataError("No window is in the training split, so a model has nothing to learn; nothing was committed.")
    paths = sorted(shard.path for shard in training)
    # In the order of the shards, so that the same ones always give the same bits.
    parts = spark.sparkContext.parallelize(paths, len(paths)).mapPartitions(partial(_moments, task)).collect()
    together = parts[0]
    for part in parts[1:]:
        together = together.joined(part)
    return Statistics(mean=tuple(together.mean.tolist()), variance=tuple((together.squares / together.count).tolist()))


def _moments(task: PrepareContext, paths: Iterator[str]) -> Iterator[Moments]:
    for path in paths:
        with open_parquet(task.table / path) as file:
            stored = file.read(["window"])["window"].to_pylist()
        yield compute_moments(np.frombuffer(b"".join(stored), "<f4").reshape(-1, _features(task)))


def compute_moments(values: NDArray[np.float32]) -> Moments:
    """Of (rows, features), at least one row."""
    exact = values.astype(np.float64)
    mean = exact.mean(0)
    return Moments(len(exact), mean, ((exact - mean) ** 2).sum(0))


def _features(task: PrepareContext) -> int:
    windows = task.settings.windows
    return window_columns(windows)["window"].fixed_shape[1] if windows else 1
