"""How far the new training rows are from those that the champion was trained on."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pyspark.sql import SparkSession

from headrace.config.sections.retraining import Drift
from headrace.retrain.drift.histogram import (
    Histogram,
    aligned,
    has_drifted,
    population_stability_index,
    psi_noise_threshold,
    values_psi,
)
from headrace.retrain.drift.profile import ALL, Profile, identities, profile
from headrace.table import Version

EVERY_CLASS = "every class"
SHARES = "share of classes"


class Distance(BaseModel):
    """Of one distribution.

    Attributes:
        by_chance: what the index of equal rows would exceed only as rarely as `retrain.drift.chance` says.
        rows: of the champion's data, and new ones; for shares of many labels, how many labels these have.
    """

    model_config = ConfigDict(frozen=True)

    statistic: str
    of_class: str
    psi: float
    by_chance: float
    rows: tuple[int, int]
    drifted: bool


def drift_order(distance: Distance) -> tuple[bool, float]:
    """To sort by: those of every class first, then the farthest."""
    return distance.of_class != EVERY_CLASS, -distance.psi


class RowChanges(BaseModel):
    """Training rows from one version to a later one."""

    model_config = ConfigDict(frozen=True)

    new: int
    gone: int
    distances: tuple[Distance, ...] = ()

    @property
    def drifted(self) -> list[Distance]:
        """The distributions that are another one now: those of every class, then of one, the farthest first."""
        return sorted((one for one in self.distances if one.drifted), key=drift_order)

    @property
    def rows(self) -> int:
        """How many are not as they were."""
        return self.new + self.gone


def changed_rows(before: Version, now: Version) -> RowChanges:
    """How many training rows are new and how many are gone; a row that was changed is both."""
    left, came = _replaced(before, now)
    then = set(identities(before.table, left, before.contract))
    later = set(identities(now.table, came, now.contract))
    return RowChanges(new=len(later - then), gone=len(then - later))


def drift(spark: SparkSession, before: Version, now: Version, settings: Drift) -> RowChanges:
    """The distances between the training rows of `before` and those that are new in `now`."""
    left, came = _replaced(before, now)
    then = frozenset(identities(before.table, left, before.contract))
    later = frozenset(identities(now.table, came, now.contract))
    fresh = profile(spark, now, came, then)
    distances: tuple[Distance, ...] = ()
    if fresh.rows:
        reference = profile(spark, before, before.split("train"), frozenset())
        distances = tuple(_distances(reference, fresh, settings))
    return RowChanges(new=len(later - then), gone=len(then - later), distances=distances)


def _replaced(before: Version, now: Version) -> tuple[list[Any], list[Any]]:
    """Training shards that only one of the versions has; most rows lie in the others and need not be read."""
    then, later = before.split("train"), now.split("train")
    old, new = {shard.path for shard in then}, {shard.path for shard in later}
    return [shard for shard in then if shard.path not in new], [shard for shard in later if shard.path not in old]


def _distances(reference: Profile, fresh: Profile, settings: Drift) -> list[Distance]:
    found = []
    if set(reference.classes) != {ALL}:
        counts = aligned(reference.classes, fresh.classes)
        index = population_stability_index(*counts)
        found.append(_distance(SHARES, EVERY_CLASS, index, len(counts[0]), (reference.rows, fresh.rows), settings))
    for statistic in sorted(fresh.statistics):
        found.append(_of_values(statistic, EVERY_CLASS, reference.of_all(statistic), fresh.of_all(statistic), settings))
        for name, histogram in sorted(fresh.statistics[statistic].items()):
            of_class = reference.statistics.get(statistic, {}).get(name)
            if of_class and name != ALL:
                found.append(_of_values(statistic, name, of_class, histogram, settings))
    return found


def _of_values(statistic: str, name: str, then: Histogram, now: Histogram, settings: Drift) -> Distance:
    index = values_psi(then, now, settings.bins)
    return _distance(statistic, name, index, settings.bins, (then.total(), now.total()), settings)


def _distance(statistic: str, name: str, index: float, bins: int, rows: tuple[int, int], settings: Drift) -> Distance:
    return Distance(
        statistic=statistic,
        of_class=name,
        psi=round(index, 4),
        by_chance=round(psi_noise_threshold(bins, rows, settings.false_alarm_rate), 4),
        rows=rows,
        drifted=has_drifted(index, bins, rows, settings),
    )
