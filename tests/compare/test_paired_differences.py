"""Differences have the sign of other minus reference, and their intervals agree with a plain resampling of rows."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.compare.comparison_metrics import score
from headrace.compare.paired_differences import Difference, metric_differences, verdict
from headrace.compare.row_predictions import Predictions
from headrace.targets.classification.comparison import CLASS_COMPARISON
from headrace.targets.multi_label.comparison import CLASS_COMPARISON as LABEL_COMPARISON
from headrace.targets.regression.comparison import error_quantiles
from headrace.targets.target_kind_loader import target_traits

ROWS = 400


def classifier(seed: int, share_right: float) -> Predictions:
    """Of three classes, right in a share of the rows."""
    random = np.random.default_rng(seed)
    true = np.arange(ROWS) % 3
    predicted = np.where(random.random(ROWS) < share_right, true, (true + 1) % 3)
    return Predictions(np.arange(ROWS).astype(str), true, predicted, random.random(ROWS))


def labeller(seed: int, share_right: float) -> Predictions:
    """Of three labels, the last of which no row has."""
    random = np.random.default_rng(seed)
    true = np.stack([np.arange(ROWS) % 2, np.arange(ROWS) % 3, np.zeros(ROWS)], axis=1) == 1
    return Predictions(
        np.arange(ROWS).astype(str), true, true ^ (random.random(true.shape) > share_right), random.random(ROWS)
    )


def regressor(seed: int, spread: float) -> Predictions:
    """Of numbers, with normally distributed errors."""
    true = np.linspace(0, 10, ROWS)
    predicted = true + np.random.default_rng(seed).normal(0, spread, ROWS)
    return Predictions(np.arange(ROWS).astype(str), true, predicted, np.zeros(ROWS))


def vector_regressor(seed: int, spread: float) -> Predictions:
    """Of vectors of two numbers, with normally distributed errors."""
    true = np.stack([np.linspace(0, 10, ROWS), np.linspace(0, 1, ROWS) ** 2], axis=1)
    predicted = true + np.random.default_rng(seed).normal(0, spread, (ROWS, 2))
    return Predictions(np.arange(ROWS).astype(str), true, predicted, np.zeros(ROWS))


def segmenter(seed: int, right: float) -> Predictions:
    """Of masks of 4 x 4 pixels of three classes, with a share of right pixels that differs by row."""
    random = np.random.default_rng(seed)
    true = np.random.default_rng(0).integers(0, 3, (ROWS, 4, 4)).astype(np.uint8)
    shares = np.clip(right + random.normal(0, 0.1 * (0 < right < 1), (ROWS, 1, 1)), 0, 1)
    is_right = random.random(true.shape) < shares
    predicted = np.where(is_right, true, (true + random.integers(1, 3, true.shape)) % 3).astype(np.uint8)
    return Predictions(np.arange(ROWS).astype(str), true, predicted, np.zeros(ROWS))


MODELS: dict[str, Callable[[int, float], Predictions]] = {
    "classification": classifier,
    "mask": segmenter,
    "multi_label": labeller,
    "regression": regressor,
    "vector": vector_regressor,
}


def plain_interval(difference: Callable[[NDArray[np.int64]], float]) -> NDArray[np.float64]:
    """Percentiles of the difference over resampled rows."""
    random = np.random.default_rng(5)
    ends: NDArray[np.float64] = np.percentile(
        [difference(random.integers(0, ROWS, ROWS)) for _ in range(600)], [2.5, 97.5]
    )
    return ends


@pytest.mark.parametrize("task", MODELS)
def test_differences_agree_with_resampled_rows(task: str) -> None:
    reference, other = MODELS[task](1, 0.7), MODELS[task](2, 0.85)
    found = metric_differences(task, reference, other)
    metrics = target_traits(task).comparison_metrics
    assert tuple(found) == metrics
    for metric in metrics:
        difference = found[metric]
        assert difference.value == pytest.approx(score(task, metric, other) - score(task, metric, reference))

        def resampled(rows: NDArray[np.int64], metric: str = metric) -> float:
            return score(task, metric, other.select(rows)) - score(task, metric, reference.select(rows))

        expected = plain_interval(resampled)
        assert np.array(difference.interval) == pytest.approx(expected, abs=0.2 * (expected[1] - expected[0]))


@pytest.mark.parametrize("task", MODELS)
def test_reverse_comparison_has_the_mirrored_intervals(task: str) -> None:
    models = MODELS[task](1, 0.6), MODELS[task](2, 0.8)
    reverse = metric_differences(task, *models[::-1])
    for name, difference in metric_differences(task, *models).items():
        low, high = reverse[name].interval
        assert difference.interval == pytest.approx((-high, -low), abs=1e-12)
        assert difference.value == pytest.approx(-reverse[name].value)


@pytest.mark.parametrize("task", MODELS)
def test_a_model_does_not_differ_from_itself(task: str) -> None:
    model = MODELS[task](1, 0.7)
    for name, difference in metric_differences(task, model, model).items():
        assert difference == Difference(0.0, (0.0, 0.0), 0)
        assert verdict(name, difference) == "undecided"


@pytest.mark.parametrize("task", ["classification", "multi_label"])
def test_differences_by_class_are_those_of_f1(task: str) -> None:
    reference, other = MODELS[task](1, 0.7), MODELS[task](2, 0.95)
    compare = CLASS_COMPARISON if task == "classification" else LABEL_COMPARISON
    differences = compare.differences(reference, other, 3)
    assert len(differences) == 3
    for value, (low, high), _ in differences[:2]:
        assert 0 < low < value < high
    macro = np.mean([difference.value for difference in differences[: 3 if task == "classification" else 2]])
    assert metric_differences(task, reference, other)["macro_f1"].value == pytest.approx(macro)


def few_rows(predicted: NDArray[np.int64], *, one_hot: bool) -> Predictions:
    """Of classes with 5, 5 and 2 rows, as one class or as labels of which one is true."""
    true = np.repeat([0, 1, 2], [5, 5, 2])
    both = (np.eye(3)[true] == 1, np.eye(3)[predicted] == 1) if one_hot else (true, predicted)
    return Predictions(np.arange(12).astype(str), *both, (predicted == true) * 0.9)


@pytest.mark.parametrize("task", ["classification", "multi_label"])
def test_resample_without_a_rare_class_does_not_shrink_the_difference(task: str) -> None:
    """One model is always right and the other never, so macro F1 differs by 1 in every resample."""
    true = np.repeat([0, 1, 2], [5, 5, 2])
    models = [few_rows(predicted, one_hot=task == "multi_label") for predicted in ((true + 1) % 3, true)]
    assert metric_differences(task, *models)["macro_f1"] == Difference(1.0, (1.0, 1.0), 12)


def test_verdict_follows_the_direction_of_the_metric() -> None:
    above, below = Difference(0.2, (0.1, 0.3), 9), Difference(-0.2, (-0.3, -0.1), 9)
    assert (verdict("accuracy", above), verdict("accuracy", below)) == ("better", "worse")
    assert (verdict("loss", above), verdict("mean_absolute_error", below)) == ("worse", "better")
    assert verdict("accuracy", Difference(0.1, (-0.01, 0.2), 9)) == "undecided"


@pytest.mark.parametrize("task", MODELS)
@pytest.mark.parametrize(("rows", "expected"), [(1, "undecided"), (5, "undecided"), (6, "better")])
def test_models_are_ranked_from_as_many_rows_on_as_an_exact_sign_test_needs(
    task: str, rows: int, expected: str
) -> None:
    """The bootstrap of a row that one model has right has no width, and would claim certainty."""
    metric = target_traits(task).comparison_metrics[0]
    wrong, right = (MODELS[task](1, share).select(np.arange(rows)) for share in (0.0, 1.0))
    if task in ("regression", "vector"):
        wrong, right = MODELS[task](1, 9.0), MODELS[task](2, 0.1)
        furthest = np.argsort(-np.abs(wrong.predicted - wrong.true).reshape(ROWS, -1).min(1))[:rows]
        wrong, right = wrong.select(furthest), right.select(furthest)
    assert verdict(metric, metric_differences(task, wrong, right)[metric]) == expected


@pytest.mark.parametrize("unit", [1e-13, 1.0, 1e9])
def test_rounding_is_no_difference_in_any_unit(unit: float) -> None:
    """Errors are as small as the unit of the numbers wants them."""
    true, errors = np.zeros(40), np.where(np.arange(40) % 2, 0.1, 0.3) * unit
    first, flipped, worse = (
        Predictions(np.arange(40).astype(str), true, predicted, true) for predicted in (errors, -errors, 2 * errors)
    )
    same = metric_differences("regression", first, flipped)["mean_absolute_error"]
    assert (same.value, same.interval) == (0.0, (0.0, 0.0))
    low, high = metric_differences("regression", first, worse)["mean_absolute_error"].interval
    assert 0 < low < 0.2 * unit < high


def test_quantiles_are_of_absolute_errors() -> None:
    true, predicted = np.zeros(5), np.array([0.0, -1.0, 2.0, -3.0, 4.0])
    found = error_quantiles(Predictions(np.arange(5).astype(str), true, predicted, true))
    assert (found[0.5], found[0.75], found[1.0]) == (2, 3, 4)
