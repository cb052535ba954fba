"""Mean and variance per channel of images and per feature of windows, in one pass."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce

import cv2
import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from headrace.features.contract_spec import Statistics
from headrace.prepare.encoders.images.image_transcoding import Pixels
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard

# OpenCV sums integers and divides in 64-bit floating point. Up to this many pixels, multiplying the quotient again is
# off by far less than 0.5, so that rounding restores the exact sum.
MAX_PIXELS = 2**24


@dataclass(frozen=True)
class ChannelSums:
    """Number of values per channel, their sum, and the sum of their squares per channel, as exact Python integers."""

    count: int
    total: tuple[int, ...]
    squares: tuple[int, ...]

    @classmethod
    def zero(cls, channels: int) -> "ChannelSums":
        """Return the sums of no values."""
        return cls(0, (0,) * channels, (0,) * channels)

    @classmethod
    def from_bytes(cls, stored: Iterable[bytes], pixels: int, channels: int) -> "ChannelSums":
        """Return the sums of images with `pixels` values per channel each, from their `stored_sums`."""
        rows = np.frombuffer(b"".join(stored), "<i8").reshape(-1, 2, channels)
        # Sum Python integers: the squares of many large images exceed 64 bits.
        total, squares = rows.astype(object).sum(0) if len(rows) else ((0,) * channels, (0,) * channels)
        return cls(len(rows) * pixels, tuple(total), tuple(squares))

    def __sub__(self, other: "ChannelSums") -> "ChannelSums":
        return self + ChannelSums(-other.count, tuple(-v for v in other.total), tuple(-v for v in other.squares))

    def __add__(self, other: "ChannelSums") -> "ChannelSums":
        return ChannelSums(self.count + other.count, _add(self.total, other.total), _add(self.squares, other.squares))

    def statistics(self) -> Statistics:
        """Return mean and population variance; 0 and 1 if there are no values."""
        if not self.count:
            return Statistics(mean=tuple(0.0 for _ in self.total), variance=tuple(1.0 for _ in self.total))
        mean = tuple(total / self.count for total in self.total)
        # n * sum(x^2) - sum(x)^2 in integers avoids cancellation.
        variance = tuple(
            (self.count * square - total * total) / self.count**2
            for total, square in zip(self.total, self.squares, strict=True)
        )
        return Statistics(mean=mean, variance=variance)


def stored_sums(pixels: Pixels) -> bytes:
    """Return the sums of all channels of one image, then of their squares, as little-endian int64."""
    rows = max(1, MAX_PIXELS // pixels.shape[1])
    parts = [_totals(pixels[begin : begin + rows]) for begin in range(0, len(pixels), rows)]
    return reduce(np.add, parts).tobytes()


def _totals(pixels: Pixels) -> NDArray[np.int64]:
    """Return the sums, then the sums of squares, of at most `MAX_PIXELS`; OpenCV takes a tenth of NumPy's time."""
    mean, deviation = cv2.meanStdDev(pixels)
    means = np.concatenate((mean, deviation * deviation + mean * mean))
    return np.asarray(np.rint(means * (pixels.shape[0] * pixels.shape[1])), "<i8")


def _add(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))


@dataclass(frozen=True)
class Moments:
    """Number of values per feature, and for each feature their mean and the sum of squared deviations from it."""

    count: int
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    def merge(self, other: "Moments") -> "Moments":
        """Return the moments of both, without cancellation.

        Method: Chan, Golub, LeVeque: Algorithms for computing the sample variance. The American Statistician 37 (1983).
        """
        count = self.count + other.count
        difference = other.mean - self.mean
        mean = self.mean + difference * (other.count / count)
        return Moments(count, mean, self.squares + other.squares + difference**2 * (self.count * other.count / count))


def column_statistics(
    spark: SparkSession, context: PrepareContext, shards: Sequence[Shard], column: str, width: int
) -> Statistics:
    """Return mean and population variance of each of `width` features, over all rows in `shards`: at least one.

    Args:
        column: column of little-endian float32 numbers, `width` at a time.
    """
    paths = sorted(shard.path for shard in shards)
    # Merge in the order of the shards, so that the same shards always give the same bits.
    tasks = spark.sparkContext.parallelize(paths, len(paths))
    parts = tasks.mapPartitions(partial(_read_moments, context, column, width)).collect()
    total = reduce(Moments.merge, parts)
    return Statistics(mean=tuple(total.mean.tolist()), variance=tuple((total.squares / total.count).tolist()))


def _read_moments(context: PrepareContext, column: str, width: int, paths: Iterator[str]) -> Iterator[Moments]:
    for path in paths:
        with open_parquet(context.table / path) as file:
            stored = file.read([column])[column].to_pylist()
        yield compute_moments(np.frombuffer(b"".join(stored), "<f4").reshape(-1, width))


def compute_moments(values: NDArray[np.float32]) -> Moments:
    """Return the moments of `values`, (rows, features) with at least one row."""
    exact = values.astype(np.float64)
    mean = exact.mean(0)
    return Moments(len(exact), mean, ((exact - mean) ** 2).sum(0))
