"""Errors of predicted vectors, as functions of sums over rows, so that they can be resampled."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.confidence_intervals import SEED, Intervals, sum_intervals
from headrace.targets.regression.evaluation import ROUNDING

Vectors = NDArray[np.float32]
Numbers = NDArray[np.float64]

# More rows are resampled in groups, as each group has sums of every component. With more than 1000 groups the
# bootstrap needs no correction of skewness, which would compute the metrics once more without each of them.
GROUPS = 2000
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


def row_errors(true: Vectors, predicted: Vectors) -> Numbers:
    """Return the root mean squared error over the components of each row, (rows,)."""
    differences = predicted.astype(np.float64) - true
    found: Numbers = np.sqrt((differences**2).mean(1))
    return found


def error_quantiles(true: Vectors, predicted: Vectors) -> dict[str, float]:
    """Return the `QUANTILES` of the errors of rows."""
    values = np.quantile(row_errors(true, predicted), QUANTILES).tolist()
    return {f"{quantile:g}": value for quantile, value in zip(QUANTILES, values, strict=True)}


def errors(true: Vectors, predicted: Vectors | Numbers) -> dict[str, float]:
    """Return the errors over all components of (rows, size) vectors, at least one row.

    Mean absolute error, root mean squared error, and R squared: the mean over the components that vary in the rows of
    1 - (sum of squared errors) / (sum of squared distances from the component's mean). Always predicting the mean
    vector gives 0. It is also 0 if no component varies.
    """
    return metrics_from_sums(_add_terms(true, predicted, true.mean(0, dtype=np.float64)))


def component_errors(true: Vectors, predicted: Vectors) -> list[dict[str, float | None]]:
    """Return the three metrics of each component; R squared is None of one that is the same in all rows."""
    sums = _add_terms(true, predicted, true.mean(0, dtype=np.float64))
    rows, (absolute, squared, *_), shares = sums[0], sums[1:].reshape(4, -1), _explained_shares(sums)
    return [
        {"mean_absolute_error": mean, "root_mean_squared_error": root, "r_squared": None if np.isnan(share) else share}
        for mean, root, share in zip(
            (absolute / rows).tolist(), np.sqrt(squared / rows).tolist(), shares.tolist(), strict=True
        )
    ]


def error_intervals(true: Vectors, predicted: Vectors) -> Intervals:
    """Return the intervals of `errors`."""
    return _intervals(lambda sums: metrics_from_sums(sums[0]), grouped_terms(true, [predicted]))


def difference_intervals(true: Vectors, before: Vectors, after: Vectors) -> Intervals:
    """Return the paired intervals of the differences of `errors`, `after` minus `before`."""

    def differences(sums: Numbers) -> dict[str, float]:
        old, new = map(metrics_from_sums, sums)
        return {name: new[name] - old[name] for name in old}

    return _intervals(differences, grouped_terms(true, [before, after]))


def metrics_from_sums(sums: Numbers) -> dict[str, float]:
    """Return the metrics of `errors` from the sums of the terms of rows, (1 + 4 * size,): see `_add_terms`."""
    rows, (absolute, squared, *_), shares = sums[0], sums[1:].reshape(4, -1), _explained_shares(sums)
    return {
        "mean_absolute_error": float(absolute.mean() / rows),
        "root_mean_squared_error": float(np.sqrt(squared.mean() / rows)),
        "r_squared": 0.0 if np.isnan(shares).all() else float(np.nanmean(shares)),
    }


def grouped_terms(true: Vectors, predictions: Sequence[Vectors]) -> Numbers:
    """Return the sums of the terms of groups of rows, (models, groups, 1 + 4 * size); of few rows each is a group."""
    mean = true.mean(0, dtype=np.float64)
    return np.stack(
        [
            np.stack([_add_terms(true[rows], predicted[rows], mean) for rows in _groups(len(true))])
            for predicted in predictions
        ]
    )


def _groups(rows: int) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of the rows of each group, which are random and equally many."""
    if rows <= GROUPS:
        return iter(np.arange(rows)[:, None])
    return iter(np.array_split(np.random.default_rng(SEED).permutation(rows), GROUPS))


def _add_terms(true: Vectors, predicted: Vectors | Numbers, mean: Numbers) -> Numbers:
    """Return the number of rows and, by component, the sums of four terms, one behind the other.

    These are absolute and squared errors, distances from the mean and their squares.
    """
    values = true.astype(np.float64)
    differences, from_mean = predicted - values, values - mean
    terms = (np.abs(differences), differences**2, from_mean, from_mean**2)
    return np.concatenate([[len(true)], *(term.sum(0) for term in terms)])


def _explained_shares(sums: Numbers) -> Numbers:
    """Return R squared by component; NaN for one that is the same in all rows."""
    _, squared, from_mean, from_mean_squared = sums[1:].reshape(4, -1)
    spread = from_mean_squared - from_mean**2 / sums[0]
    varies = spread > ROUNDING * from_mean_squared
    return np.where(varies, 1.0 - squared / np.where(varies, spread, 1.0), np.nan)


def _intervals(metrics: Callable[[Numbers], Mapping[str, float]], terms: Numbers) -> Intervals:
    """Return the intervals of `metrics` of the summed terms of each model, (models, 1 + 4 * size)."""
    models, groups, width = terms.shape
    columns = list(terms.transpose(0, 2, 1).reshape(models * width, groups))
    # The number of groups, which comes first, is not that of rows.
    return sum_intervals(lambda sums: metrics(sums[1:].reshape(models, width)), columns)
