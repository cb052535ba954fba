"""Ranks of true items among all items, and metrics of them. NumPy only.

The rank of the true item is the number of items whose score is not below its own, itself among them: 1 is the best. So
every tie counts against the model, and a model that gives all items one score has the rank of the last item in each
row, not of the first. A score that is not a number is below no other.
"""

import numpy as np
from numpy.typing import NDArray

CUTOFFS = (1, 5, 10, 20, 50, 100)
# How many of the best items predictions, coverage and NDCG are about.
BEST = 10
RECALL_AT = "recall_at_"


def item_ranks(scores: NDArray[np.floating], true: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the rank of the true item of each row: (rows, items) and (rows,) -> (rows,)."""
    own = scores[np.arange(len(true)), true]
    ranks: NDArray[np.int64] = scores.shape[1] - (scores < own[:, None]).sum(1)
    return ranks


def best_items(scores: NDArray[np.floating], number: int = BEST) -> NDArray[np.int64]:
    """Return the items of the highest scores of each row, the best first, of equal ones the first: (rows, number).

    All items if there are fewer. What is not a number is below all scores.
    """
    number, scores = min(number, scores.shape[1]), np.where(np.isnan(scores), -np.inf, scores)
    # All items with the score of the last one count, so that ties do not follow from how a partition goes.
    lowest = -np.partition(-scores, number - 1, axis=1)[:, number - 1]
    found = np.empty((len(scores), number), np.int64)
    for row, (values, bound) in enumerate(zip(scores, lowest, strict=True)):
        candidates = np.flatnonzero(values >= bound)
        found[row] = candidates[np.argsort(-values[candidates], kind="stable")][:number]
    return found


def cutoff(metric: str) -> int | None:
    """Return K of the metric `recall_at_K`; None of another one."""
    return int(metric.removeprefix(RECALL_AT)) if metric.startswith(RECALL_AT) else None


def is_of_ranks(metric: str) -> bool:
    """Return whether `rank_values` knows the metric."""
    return cutoff(metric) is not None or metric in ("mean_reciprocal_rank", "ndcg_at_10")


def cutoffs(items: int) -> tuple[int, ...]:
    """Return the K of the recalls to report: those below the number of items, and 10 always."""
    return tuple(last for last in CUTOFFS if last < items or last == BEST)


def rank_values(metric: str, ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the values of which the metric is the mean, (rows,).

    `recall_at_K` is 1 where the true item is among the first K; `mean_reciprocal_rank` is 1 / rank; `ndcg_at_10` is
    1 / log2(1 + rank) among the first ten, and else 0: a row has one true item, so that the ideal gain is 1.
    """
    if (last := cutoff(metric)) is not None:
        return (ranks <= last).astype(np.float64)
    if metric == "mean_reciprocal_rank":
        return 1.0 / ranks
    return np.where(ranks <= BEST, 1.0 / np.log2(1.0 + ranks), 0.0)


def rank_metrics(ranks: NDArray[np.int64], items: int) -> dict[str, NDArray[np.float64]]:
    """Return the values of each reported metric by its name."""
    names = [f"{RECALL_AT}{last}" for last in cutoffs(items)] + ["mean_reciprocal_rank", "ndcg_at_10"]
    return {name: rank_values(name, ranks) for name in names}
