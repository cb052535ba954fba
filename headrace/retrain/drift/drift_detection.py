"""Measure the drift between the new training rows and those of the champion."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pyspark.sql import SparkSession

from headrace.config.sections.retraining import Drift
from headrace.retrain.drift.drift_value_interfaces import ALL
from headrace.retrain.drift.population_stability import (
    Histogram,
    align_counts,
    has_drifted,
    population_stability_index,
    psi_noise_threshold,
    values_psi,
)
from headrace.retrain.drift.training_data_profile import Profile, identities, profile, typical_values
from headrace.table import Version

EVERY_CLASS = "every class"
SHARES = "share of classes"


class FeatureDrift(BaseModel):
    """The distance between two versions of one distribution.

    Attributes:
        statistic: name of the statistic, or `share of classes`.
        class_name: class that the rows belong to, or `every class`.
        psi: population stability index.
        noise_threshold: PSI that samples of equal populations exceed with probability
            `retrain.drift.false_alarm_rate`.
        rows: number of the champion's rows and of new rows; for shares of several labels per row, numbers of labels.
        drifted: whether the PSI exceeds both `retrain.drift.psi` and `noise_threshold`.
    """

    model_config = ConfigDict(frozen=True)

    statistic: str
    class_name: str
    psi: float
    noise_threshold: float
    rows: tuple[int, int]
    drifted: bool


def drift_order(distance: FeatureDrift) -> tuple[bool, float]:
    """Return the sort key of a distance: distributions over all classes first, then by descending PSI."""
    return distance.class_name != EVERY_CLASS, -distance.psi


class RowChanges(BaseModel):
    """The changes of the training rows between two versions of a table; a changed row counts as new and removed.

    Attributes:
        vanished_classes: classes and labels with training rows in the older version and none in the newer one.
    """

    model_config = ConfigDict(frozen=True)

    new: int
    removed: int
    distances: tuple[FeatureDrift, ...] = ()
    vanished_classes: tuple[str, ...] = ()

    @property
    def drifted(self) -> list[FeatureDrift]:
        """Drifted distributions: those over all classes first, then by descending PSI."""
        return sorted((distance for distance in self.distances if distance.drifted), key=drift_order)

    @property
    def rows(self) -> int:
        """Number of new and removed rows."""
        return self.new + self.removed


def changed_rows(before: Version, now: Version) -> RowChanges:
    """Return the numbers of new and removed training rows; a changed row counts as both."""
    old_shards, new_shards = _replaced_shards(before, now)
    old = set(identities(before.table, old_shards, before.contract))
    new = set(identities(now.table, new_shards, now.contract))
    return RowChanges(new=len(new - old), removed=len(old - new))


def drift(spark: SparkSession, before: Version, now: Version, settings: Drift) -> RowChanges:
    """Return the distances between the training rows of `before` and the rows that are new in `now`."""
    old_shards, new_shards = _replaced_shards(before, now)
    old = frozenset(identities(before.table, old_shards, before.contract))
    new = frozenset(identities(now.table, new_shards, now.contract))
    centres = typical_values(before)
    current = profile(spark, now, new_shards, old, centres)
    distances: tuple[FeatureDrift, ...] = ()
    if current.rows:
        reference = profile(spark, before, before.split("train"), frozenset(), centres)
        distances = tuple(_distances(reference, current, settings))
    vanished = _vanished_classes(before, now)
    return RowChanges(new=len(new - old), removed=len(old - new), distances=distances, vanished_classes=vanished)


def describe_drift(changes: RowChanges) -> list[str]:
    """Return one phrase for each vanished class, then for each drifted distribution."""
    vanished = [f"class {name} has no training row any more" for name in changes.vanished_classes]
    return vanished + [f"{_title(distance)} (PSI {distance.psi:.2f})" for distance in changes.drifted]


def _title(distance: FeatureDrift) -> str:
    is_shares = distance.statistic == SHARES
    return distance.statistic if is_shares else f"{distance.statistic} of {distance.class_name}"


def _vanished_classes(before: Version, now: Version) -> tuple[str, ...]:
    """Return the classes of the training rows of `before` that no training row of `now` has; none in regression.

    Items come and go.
    """
    if not before.contract.target.has_classes or before.contract.target.has_items:
        return ()
    old, new = (version.summary.class_counts.get("train", {}) for version in (before, now))
    return tuple(name for name, rows in old.items() if rows and not new.get(name))


def _replaced_shards(before: Version, now: Version) -> tuple[list[Any], list[Any]]:
    """Return the training shards that only one version has; shared shards contain most rows and need not be read."""
    old, new = before.split("train"), now.split("train")
    old_paths, new_paths = {shard.path for shard in old}, {shard.path for shard in new}
    return [shard for shard in old if shard.path not in new_paths], [
        shard for shard in new if shard.path not in old_paths
    ]


def _distances(reference: Profile, current: Profile, settings: Drift) -> list[FeatureDrift]:
    distances = []
    if set(reference.classes) != {ALL}:
        counts = align_counts(reference.classes, current.classes)
        psi = population_stability_index(*counts)
        rows = (reference.rows, current.rows)
        distances.append(_distance(SHARES, EVERY_CLASS, psi, len(counts[0]), rows, settings))
    for statistic, histograms in sorted(current.statistics.items()):
        totals = reference.total(statistic), current.total(statistic)
        distances.append(_values_distance(statistic, EVERY_CLASS, *totals, settings))
        for name, histogram in sorted(histograms.items()):
            reference_histogram = reference.statistics.get(statistic, {}).get(name)
            if reference_histogram and name != ALL:
                distances.append(_values_distance(statistic, name, reference_histogram, histogram, settings))
    return distances


def _values_distance(
    statistic: str, name: str, reference: Histogram, current: Histogram, settings: Drift
) -> FeatureDrift:
    psi = values_psi(reference, current, settings.bins)
    return _distance(statistic, name, psi, settings.bins, (reference.total(), current.total()), settings)


def _distance(statistic: str, name: str, psi: float, bins: int, rows: tuple[int, int], settings: Drift) -> FeatureDrift:
    return FeatureDrift(
        statistic=statistic,
        class_name=name,
        psi=round(psi, 4),
        noise_threshold=round(psi_noise_threshold(bins, rows, settings.false_alarm_rate), 4),
        rows=rows,
        drifted=has_drifted(psi, bins, rows, settings),
    )
