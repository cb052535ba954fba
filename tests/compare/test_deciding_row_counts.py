"""The rows that an improvement needs are those of an exact sign test."""

import numpy as np
import pytest
from scipy.stats import binomtest

from headrace.compare.deciding_row_counts import deciding_rows, min_deciding_rows
from headrace.compare.row_predictions import Predictions


@pytest.mark.parametrize("confidence", [0.6, 0.75, 0.9, 0.95, 0.99, 0.999])
def test_needed_rows_are_the_fewest_that_a_sign_test_finds_significant(confidence: float) -> None:
    needed = min_deciding_rows(confidence)
    assert binomtest(needed, needed, alternative="greater").pvalue <= 1 - confidence + 1e-12
    assert needed == 1 or binomtest(needed - 1, needed - 1, alternative="greater").pvalue > 1 - confidence


def test_deciding_rows_are_counted_by_what_the_metric_sees() -> None:
    paths, true = np.array(["a", "b", "c"]), np.array([0, 1, 2])
    champion = Predictions(paths, true, np.array([0, 0, 0]), np.array([0.9, 0.2, 0.2]))
    challenger = Predictions(paths, true, np.array([0, 1, 1]), np.array([0.8, 0.7, 0.2]))
    # The wrong class of the third row is another, which the accuracy does not see.
    assert deciding_rows("accuracy", champion, challenger) == 1
    assert deciding_rows("macro_f1", champion, challenger) == 2
    assert deciding_rows("loss", champion, challenger) == 2
    labels = [Predictions(paths, np.eye(3) > 0, np.eye(3) > value, np.ones(3)) for value in (0.5, -1)]
    assert deciding_rows("micro_f1", labels[0], labels[1]) == 3
