"""Profiles of training rows: the number of rows per class and the distribution of each statistic per class.

Images: brightness and contrast (mean and standard deviation of the stored values), and the mean of each colour channel.
Texts: number of tokens and share of unknown tokens. Windows: mean and standard deviation of all values. Regression:
also the target value. Multi-label rows: rows are counted per label, and statistics are over all rows together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from headrace.contract import Contract
from headrace.retrain.drift.drift_value_interfaces import ALL, drift_target_values_module, drift_values_module
from headrace.retrain.drift.population_stability import Histogram, merge_histograms, value_counts
from headrace.spark.task_errors import unwrap_python_errors
from headrace.storage.open_parquet import open_parquet
from headrace.table import Shard, Version

BATCH_ROWS = 256
Identity = tuple[str, str, Any]


@dataclass
class Profile:
    """The profile of a set of rows.

    Attributes:
        classes: number of rows per class; under `all rows` of numbers and vectors; per label, and without any label, in
            multi-label tasks.
        statistics: histogram per statistic and class; under `all rows` without exactly one class.
    """

    classes: Counter[str] = field(default_factory=Counter)
    statistics: dict[str, dict[str, Histogram]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def rows(self) -> int:
        """Number of rows; in multi-label tasks, number of labels."""
        return self.classes.total()

    def total(self, statistic: str) -> Histogram:
        """Return the histogram of a statistic over all classes."""
        return merge_histograms(self.statistics.get(statistic, {}).values())

    def add(self, other: "Profile") -> "Profile":
        """Add the rows of another profile to this one."""
        self.classes.update(other.classes)
        for statistic, histograms in other.statistics.items():
            for name, histogram in histograms.items():
                self.statistics[statistic].setdefault(name, Counter()).update(histogram)
        return self


def profile(
    spark: SparkSession,
    version: Version,
    shards: Sequence[Shard],
    excluded: frozenset[Identity],
    centres: Mapping[str, float],
) -> Profile:
    """Compute the profile of the rows in `shards` of `version` with Spark.

    Args:
        excluded: identities of rows to skip, as returned by `identities`.
        centres: subtracted from the values of each statistic, see `typical_values`.
    """
    # Executors have working directories of their own.
    task = partial(_profile_shards, version.table.absolute(), version.contract, excluded, centres)
    merged = Profile()
    if shards:
        with unwrap_python_errors():
            for shard_profile in (
                spark.sparkContext.parallelize(list(shards), len(shards)).mapPartitions(task).collect()
            ):
                merged.add(shard_profile)
    return merged


def typical_values(version: Version) -> dict[str, float]:
    """Return the median of each statistic in the first training rows, near which histograms have a fine resolution."""
    columns = [*version.contract.input_names, version.contract.named("target")[0]]
    for shard in version.split("train"):
        with open_parquet(version.table / shard.path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=columns):
                rows = _statistics(batch, version.contract, range(len(batch)))
                return {statistic: float(np.median([row[statistic] for row in rows])) for statistic in rows[0]}
    return {}


def identities(table: Path, shards: Iterable[Shard], contract: Contract) -> Iterator[Identity]:
    """Yield (path, content hash, target) of each row; a changed or relabelled file is a different row.

    Classes are named, as versions may number them differently.
    """
    target = contract.named("target")[0]
    for shard in shards:
        with open_parquet(table / shard.path) as file:
            rows = file.read(["path", "content_hash", target])
        yield from _identities(rows, contract)


def _identities(rows: pa.Table | pa.RecordBatch, contract: Contract) -> Iterator[Identity]:
    module = drift_target_values_module(contract.task)
    targets = (module.target_label(target, contract) for target in rows[contract.named("target")[0]].to_pylist())
    yield from zip(rows["path"].to_pylist(), rows["content_hash"].to_pylist(), targets, strict=True)


def _profile_shards(
    table: Path,
    contract: Contract,
    excluded: frozenset[Identity],
    centres: Mapping[str, float],
    shards: Iterable[Shard],
) -> Iterator[Profile]:
    for shard in shards:
        yield _profile_shard(table / shard.path, contract, excluded, centres)


def _profile_shard(
    path: Path, contract: Contract, excluded: frozenset[Identity], centres: Mapping[str, float]
) -> Profile:
    target, merged = contract.named("target")[0], Profile()
    with open_parquet(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=["path", "content_hash", target, *contract.input_names]):
            merged.add(_profile_batch(batch, contract, excluded, centres))
    return merged


def _profile_batch(
    batch: pa.RecordBatch, contract: Contract, excluded: frozenset[Identity], centres: Mapping[str, float]
) -> Profile:
    selected = [row for row, key in enumerate(_identities(batch, contract)) if key not in excluded]
    targets, module = batch[contract.named("target")[0]].to_pylist(), drift_target_values_module(contract.task)
    counted = Counter(name for row in selected for name in module.profile_groups(targets[row], contract))
    result = Profile(classes=counted)
    names = [contract.classes[targets[row]] if contract.target.lists_classes else ALL for row in selected]
    statistics = _statistics(batch, contract, selected)
    for statistic in statistics[0] if statistics else ():
        for name in set(names):
            values = [row[statistic] for row, other in zip(statistics, names, strict=True) if other == name]
            result.statistics[statistic][name] = value_counts(np.array(values) - centres.get(statistic, 0.0))
    return result


def _statistics(batch: pa.RecordBatch, contract: Contract, rows: Iterable[int]) -> list[dict[str, float]]:
    """Return the statistics of each of the rows with these numbers."""
    targets = batch[contract.named("target")[0]].to_pylist()
    stored = {name: batch[name].to_pylist() for name in contract.input_names}
    payloads: Sequence[Any] = next(iter(stored.values()))
    if contract.is_record:
        payloads = [dict(zip(stored, values, strict=True)) for values in zip(*stored.values(), strict=True)]
    module, feature = drift_target_values_module(contract.task), drift_values_module(contract.input_kind)
    return [feature.statistics(payloads[row], contract) | module.statistics(targets[row]) for row in rows]
