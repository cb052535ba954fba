"""How often items were chosen in training: the baseline that ranks them by it, and thirds of items. NumPy only."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.item_ranks import rank_metrics
from headrace.evaluate.row_slices_by_value import Partition

THIRDS = ("head", "middle", "tail")


def training_counts(items: Sequence[str], training_rows: Mapping[str, int]) -> NDArray[np.int64]:
    """Return the training rows of each item, in order.

    Args:
        training_rows: rows of the training split by the name of the item.
    """
    return np.array([training_rows.get(name, 0) for name in items], np.int64)


def popularity_metrics(counts: NDArray[np.int64], true_items: NDArray[np.integer]) -> dict[str, float]:
    """Return the metrics of a list of all items by `counts`, the largest first, alike for all rows.

    Items of equal counts stand in any order in such a list: the metrics are their means over all these orders, as an
    item of a tie has each place of it equally often.

    Args:
        true_items: the true item of each row, (rows,).
    """
    ordered = -np.sort(-counts)
    first, last = np.searchsorted(-ordered, -counts, "left"), np.searchsorted(-ordered, -counts, "right")
    found = {}
    for name, values in rank_metrics(np.arange(1, len(counts) + 1), len(counts)).items():
        sums = np.concatenate([[0.0], np.cumsum(values)])
        found[name] = float(((sums[last] - sums[first]) / (last - first))[true_items].mean())
    return found


def thirds(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index in `THIRDS` of each item.

    The head is the most frequent items that together have a third of the training rows, the tail the least frequent
    ones; items of equal counts are in one third, and without a training row in the tail.
    """
    ordered = np.sort(counts)[::-1]
    before = np.concatenate([[0], np.cumsum(ordered)])
    # The rows of all items that are more frequent.
    more = before[np.searchsorted(-ordered, -counts, "left")]
    found: NDArray[np.int64] = np.where(counts > 0, np.minimum(3 * more // max(1, int(counts.sum())), 2), 2)
    return found


def by_popularity(true: NDArray[np.integer], counts: NDArray[np.int64]) -> Iterator[Partition]:
    """Yield the rows whose true item is in the head, in the middle and in the tail; none without rows."""
    of_rows = thirds(counts)[true]
    for index, name in enumerate(THIRDS):
        rows = of_rows == index
        if rows.any():
            yield Partition(name, rows)


class PopularityPartitioner:
    """Collects the item indices of the rows and partitions the rows by the popularity of their items."""

    def __init__(self, counts: NDArray[np.int64]) -> None:
        self._counts = counts
        self._targets: list[NDArray[np.int64]] = []

    def add(self, values: NDArray[np.integer]) -> None:
        """Add the item indices of the next rows."""
        self._targets.append(values.astype(np.int64))

    def partitions(self) -> Iterator[Partition]:
        """See `by_popularity`."""
        return by_popularity(np.concatenate(self._targets), self._counts)
