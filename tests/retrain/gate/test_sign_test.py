"""The rows that an improvement needs are those of an exact sign test; a small test split is warned of."""

import numpy as np
import pytest
from scipy.stats import binomtest

from headrace.compare.saved_predictions import Predictions
from headrace.retrain.gate.sign_test import deciding_rows, few_rows_warning, min_deciding_rows


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


def test_small_test_split_is_warned_of_with_what_it_can_show() -> None:
    assert few_rows_warning(100, 0.95, "version 0") == ""
    assert few_rows_warning(60, 0.95, "version 0").startswith(
        "The test split of version 0 has only 60 rows: two models that differ on fewer than 5 of them (8%) cannot be "
        "told apart with 95% confidence."
    )
    assert "has only 4 rows: models cannot be told apart" in few_rows_warning(4, 0.95, "version 0")
