"""What training rows look like: how many of each class, and the distribution of each statistic within it.

Images: brightness and contrast (mean and standard deviation of the stored values), and of colours the mean of each.
Texts: tokens, and the share of unknown ones. Windows: mean and standard deviation of all their values. In regression
also the value to predict. Of rows with many labels the labels are counted, and statistics are of all rows together.
"""

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image
from pyspark.sql import SparkSession

from headrace.contract import Column, Contract
from headrace.retrain.drift.histogram import Histogram, rounded, total
from headrace.spark.session import unwrap_python_errors
from headrace.storage.parquet import open_parquet
from headrace.table import Shard, Version

ALL = "all rows"
NO_LABEL = "no label"
UNKNOWN_TOKEN = 1
COLOURS = ("red", "green", "blue")
ROWS_AT_ONCE = 256
Identity = tuple[str, str, Any]


@dataclass
class Profile:
    """Of any number of rows.

    Attributes:
        classes: rows by class; of `all rows` in regression; of many labels those with each label, and with none.
        statistics: by statistic, then by class; of `all rows` where rows have many labels.
    """

    classes: Counter[str] = field(default_factory=Counter)
    statistics: dict[str, dict[str, Histogram]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def rows(self) -> int:
        """All of them; of many labels all that the rows have."""
        return self.classes.total()

    def of_all(self, statistic: str) -> Histogram:
        """Over all classes."""
        return total(self.statistics.get(statistic, {}).values())

    def add(self, other: "Profile") -> "Profile":
        """Take in the rows of another."""
        self.classes.update(other.classes)
        for statistic, by_class in other.statistics.items():
            for name, histogram in by_class.items():
                self.statistics[statistic].setdefault(name, Counter()).update(histogram)
        return self


def profile(spark: SparkSession, version: Version, shards: Sequence[Shard], without: frozenset[Identity]) -> Profile:
    """Of the rows in `shards` of `version`, by Spark.

    Args:
        without: rows that do not count, by `identity_of`.
    """
    work = partial(_profiles, version.table, version.contract, without)
    together = Profile()
    if shards:
        with unwrap_python_errors():
            for one in spark.sparkContext.parallelize(list(shards), len(shards)).mapPartitions(work).collect():
                together.add(one)
    return together


def identities(table: Path, shards: Iterable[Shard], contract: Contract) -> Iterator[Identity]:
    """What tells a row from others: path, content and target; a file that was changed or relabelled is another row."""
    target = contract.named("target")[0]
    for shard in shards:
        with open_parquet(table / shard.path) as file:
            rows = file.read(["path", "content_hash", target])
        yield from zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True)


def _profiles(
    table: Path, contract: Contract, without: frozenset[Identity], shards: Iterable[Shard]
) -> Iterator[Profile]:
    for shard in shards:
        yield _of_shard(table / shard.path, contract, without)


def _of_shard(path: Path, contract: Contract, without: frozenset[Identity]) -> Profile:
    (name, column), (target, _) = contract.named("input"), contract.named("target")
    found = Profile()
    with open_parquet(path) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=["path", "content_hash", target, name]):
            found.add(_of_batch(batch, contract, (name, column), without))
    return found


def _of_batch(
    batch: pa.RecordBatch, contract: Contract, column: tuple[str, Column], without: frozenset[Identity]
) -> Profile:
    target = contract.named("target")[0]
    keys = zip(*(batch[name].to_pylist() for name in ("path", "content_hash", target)), strict=True)
    chosen = [row for row, key in enumerate(keys) if key not in without]
    targets, stored = batch[target].to_pylist(), batch[column[0]].to_pylist()
    names = [ALL if contract.task != "classification" else contract.classes[targets[row]] for row in chosen]
    many = contract.task == "multi_label"
    labels = [label for row in chosen for label in _labels(targets[row], contract)] if many else names
    found = Profile(classes=Counter(labels))
    values = [_statistics(stored[row], column[1]) for row in chosen]
    for row, of_row in zip(chosen, values, strict=True):
        if contract.task == "regression":
            of_row["value"] = float(targets[row])
    for statistic in values[0] if values else ():
        for name in set(names):
            of_class = [value[statistic] for value, other in zip(values, names, strict=True) if other == name]
            found.statistics[statistic][name] = rounded(of_class)
    return found


def _numbers(stored: bytes, column: Column) -> NDArray[Any]:
    return np.frombuffer(stored, np.dtype(column.dtype).newbyteorder("<"))


def _labels(stored: bytes, contract: Contract) -> list[str]:
    numbers = _numbers(stored, contract.named("target")[1])
    return [contract.classes[number] for number in numbers.tolist()] or [NO_LABEL]


def _statistics(stored: bytes, column: Column) -> dict[str, float]:
    if column.codec == "tokens":
        tokens = _numbers(stored, column)
        return {"tokens": float(len(tokens)), "unknown": float(np.mean(tokens == UNKNOWN_TOKEN)) if len(tokens) else 0}
    if len(column.shape) == 2:
        values = _numbers(stored, column)
        return {"level": float(values.mean()), "spread": float(values.std())}
    pixels = _pixels(stored, column)
    found = {"brightness": float(pixels.mean()), "contrast": float(pixels.std())}
    if pixels.shape[2] == len(COLOURS):
        found |= dict(zip(COLOURS, pixels.mean((0, 1)).tolist(), strict=True))
    return found


def _pixels(stored: bytes, column: Column) -> NDArray[np.uint8]:
    if column.codec == "raw":
        return np.frombuffer(stored, np.uint8).reshape(column.image_shape)
    return np.asarray(Image.open(io.BytesIO(stored))).reshape(column.image_shape)
