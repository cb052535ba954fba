"""Mean and variance of each feature over the windows of the training split, in one pass over its shards by Spark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from headrace.errors import DataError
from headrace.prepare.columns import window_columns
from headrace.prepare.task import Task
from headrace.schema import Statistics
from headrace.table.shards import Shard


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


def window_statistics(spark: SparkSession, task: Task, training: Sequence[Shard]) -> Statistics:
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


def _moments(task: Task, paths: Iterator[str]) -> Iterator[Moments]:
    for path in paths:
        with pq.ParquetFile(task.table / path) as file:
            stored = file.read(["window"])["window"].to_pylist()
        yield moments_of(np.frombuffer(b"".join(stored), "<f4").reshape(-1, _features(task)))


def moments_of(values: NDArray[np.float32]) -> Moments:
    """Of (rows, features), at least one row."""
    exact = values.astype(np.float64)
    mean = exact.mean(0)
    return Moments(len(exact), mean, ((exact - mean) ** 2).sum(0))


def _features(task: Task) -> int:
    windows = task.settings.windows
    return window_columns(windows)["window"].fixed_shape[1] if windows else 1
