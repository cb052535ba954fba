"""Columns of numbers, and texts, that are unlike those of training give a warning each, and usual ones none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.prepare.quality.values_unlike_training import TrainingNumbers, UnfamiliarValues

RANDOM = np.random.default_rng(0)
PRICES = RANDOM.lognormal(3, 2, 2000)


def warnings(training: NDArray[np.float64], values: NDArray[np.float64], missing: int = 0) -> list[str]:
    """Return the warnings about `values` and missing ones of a column with the statistics of `training`."""
    column = TrainingNumbers("the number 'x'", float(training.mean()), float(training.var()))
    found = UnfamiliarValues()
    half = len(values) // 2
    for part, empty in ((values[:half], missing), (values[half:], 0)):
        task = UnfamiliarValues()
        task.add_numbers(column, part.astype(np.float32), empty)
        found.update(task)
    return found.warnings()


@pytest.mark.parametrize(
    ("training", "values"),
    [
        (RANDOM.normal(50, 4, 500), RANDOM.normal(50, 4, 500) * 1000),
        (PRICES, np.sort(PRICES)[-400:] * 1000),
        (np.full(50, 0.1, np.float32).astype(float), np.full(50, 0.2)),
        (np.zeros(50), np.ones(3)),
        (RANDOM.uniform(0, 1, 500), RANDOM.uniform(0, 100, 500)),
    ],
)
def test_most_values_far_from_training_are_warned_of(
    training: NDArray[np.float64], values: NDArray[np.float64]
) -> None:
    (warning,) = warnings(training, values)
    assert "are more than 10 standard deviations from the mean of training, such as" in warning


@pytest.mark.parametrize(
    ("training", "values"),
    [
        (PRICES, np.sort(PRICES)[-40:]),
        (RANDOM.normal(50, 4, 500), np.array([50_000.0, 50_000.0])),
        (RANDOM.normal(50, 4, 500), np.array([50_000.0, 50_000.0, 50_000.0, 50, 50, 50])),
        (np.full(50, 0.1, np.float32).astype(float), np.full(50, 0.1)),
        (np.full(50, 2024.0), np.full(50, 2024.0)),
        (np.arange(500.0), np.full(500, 499.0)),
        (np.repeat([0.0, 1.0], [490, 10]), np.ones(20)),
    ],
)
def test_usual_or_few_values_are_not_warned_of(training: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    assert warnings(training, values) == []


def test_most_cells_missing_are_warned_of() -> None:
    training = np.array([1.0, 3.0])
    (warning,) = warnings(training, np.array([1.0, 2.0]), missing=3)
    assert warning == (
        "3 of 5 cells of the number 'x' are missing, and become the mean of training, 2. Check whether the column is "
        "filled in."
    )
    assert warnings(training, np.array([1.0, 2.0, 3.0]), missing=3) == []
    assert warnings(training, np.array([]), missing=2) == []


@pytest.mark.parametrize(
    ("texts", "unknown", "warned"), [(12, 12, True), (12, 3, True), (12, 2, False), (2, 2, False), (0, 0, False)]
)
def test_texts_of_val_and_test_without_words_of_training_are_warned_of(texts: int, unknown: int, warned: bool) -> None:
    """In the training split each text without spaces is a word of its own, and known."""
    found = UnfamiliarValues()
    for texts_of_split, unknown_of_split, is_training in ((400, 0, True), (texts, unknown, False)):
        task = UnfamiliarValues()
        task.add_texts("texts", texts_of_split, unknown_of_split, "文")
        if not is_training:
            task.hold_out()
        found.update(task)
    warnings = found.held_out_warnings()
    assert [one.startswith(f"{unknown} of {texts} texts of val and test have words") for one in warnings] == [
        True
    ] * warned
