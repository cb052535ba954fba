"""Count the rows on which two models disagree, and the minimum that a significant difference needs.

Of two equally good models, either is better on such a row with probability 1/2 (sign test; for correct and wrong
classes McNemar's, Psychometrika 12, 1947, 153-157). One of them is better on all of k rows with probability 1 / 2^k, so
that no result on fewer than log2(1 / (1 - confidence)) rows reaches the confidence. A bootstrap does not show this: if
the challenger is worse on no row, it is worse on no resampled row.
"""

import math

from headrace.compare.row_predictions import RANK, Predictions
from headrace.evaluate.item_ranks import is_of_ranks, rank_values


def min_deciding_rows(confidence: float) -> int:
    """Return the least number of rows that can show an improvement with this confidence: 5 for 0.95."""
    # Without the tolerance, rounding makes 1 - 0.75 more than 1/4.
    return math.ceil(math.log2(1 / (1 - confidence)) - 1e-9)


def deciding_rows(metric: str, champion: Predictions, challenger: Predictions) -> int:
    """Return the number of rows on which `metric` distinguishes the models.

    Accuracy is the same whatever the wrong class is, and recall at K whatever the rank beyond K; for other metrics
    these are the rows with different predictions.
    """
    if metric == "loss":
        return int((champion.likelihood != challenger.likelihood).sum())
    if metric == "accuracy":
        before, after = (model.predicted == model.true for model in (champion, challenger))
    elif is_of_ranks(metric):
        before, after = (rank_values(metric, model.predicted[:, RANK]) for model in (champion, challenger))
    else:
        before, after = champion.predicted, challenger.predicted
    differs = before != after
    return int(differs.reshape(len(differs), -1).any(1).sum())
