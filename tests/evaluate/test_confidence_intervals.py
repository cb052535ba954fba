"""Intervals contain the metric, agree with resampled rows, and narrow with more rows."""

from collections import Counter
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.evaluate import confidence_intervals
from headrace.evaluate.classifier_scores import class_ratios, class_scores
from headrace.evaluate.confidence_intervals import (
    class_intervals,
    confusion_intervals,
    drop_degenerate,
    lower_bound,
    mean_intervals,
    sum_intervals,
)
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.regression.evaluation import Regression, errors

SAMPLES = 1000
CONFUSION = np.array([[80, 20], [10, 90]])


def test_accuracy_interval_agrees_with_binomial_distribution() -> None:
    low, high = confusion_intervals(CONFUSION)["accuracy"]
    spread = 1.96 * np.sqrt(0.85 * 0.15 / 200)
    assert (low, high) == (pytest.approx(0.85 - spread, abs=0.01), pytest.approx(0.85 + spread, abs=0.01))


def test_drawing_cells_equals_drawing_rows() -> None:
    labels, predicted = np.repeat([0, 0, 1, 1], [80, 20, 10, 90]), np.repeat([0, 1, 0, 1], [80, 20, 10, 90])
    by_rows = mean_intervals({"accuracy": (labels == predicted).astype(float)})
    assert confusion_intervals(CONFUSION)["accuracy"] == pytest.approx(by_rows["accuracy"], abs=0.01)


def test_interval_shrinks_tenfold_with_100_times_the_rows() -> None:
    few, many = (confusion_intervals(CONFUSION * times)["macro_f1"] for times in (1, 100))
    assert (many[1] - many[0]) * 10 == pytest.approx(few[1] - few[0], rel=0.25)


def test_class_intervals_contain_scores_of_each_class() -> None:
    for found, score in zip(class_intervals(CONFUSION), class_scores(CONFUSION), strict=True):
        for name in ("precision", "recall", "f1"):
            low, high = found[name]
            assert low < getattr(score, name) < high
    # The recall of the first class is 80 out of about 100 drawn rows.
    low, high = class_intervals(CONFUSION)[0]["recall"]
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 100), rel=0.15)


def test_figure_that_is_the_same_in_every_resample_has_no_interval() -> None:
    """Without a mistake the bootstrap of F1 has no width; Wilson's interval of the accuracy has one."""
    perfect = np.diag([50, 50])
    found = confusion_intervals(perfect)
    assert found["macro_f1"] == (1.0, 1.0)
    assert drop_degenerate(found) == {"accuracy": found["accuracy"]}
    assert found["accuracy"][0] < 0.97
    assert set(drop_degenerate(class_intervals(perfect)[0])) == {"precision", "recall"}


def test_macro_f1_interval_omits_classes_without_rows() -> None:
    padded = np.zeros((3, 3), np.int64)
    padded[:2, :2] = CONFUSION
    assert confusion_intervals(padded) == confusion_intervals(CONFUSION)


def test_resample_without_a_rare_class_does_not_take_its_f1_for_0() -> None:
    """A resample of 12 rows has no row of a class of two in 11 % of draws; macro F1 of its rows does not cover it."""
    flawless = np.diag([3, 7, 2])
    assert confusion_intervals(flawless)["macro_f1"] == (1.0, 1.0)
    assert [found["f1"] for found in class_intervals(flawless)] == [(1.0, 1.0)] * 3
    assert class_intervals(np.diag([5, 0]))[1]["f1"] == (0.0, 0.0)


def test_resample_in_which_a_figure_of_sums_is_undefined_does_not_count() -> None:
    found = sum_intervals(lambda sums: {"share": sums[1] / sums[1] if sums[1] else np.nan}, (np.eye(9)[0],))
    assert found == {"share": (1.0, 1.0)}
    assert sum_intervals(lambda _: {"share": np.nan}, (np.ones(9),)) == {"share": (0.0, 0.0)}


def test_regression_intervals_contain_every_error() -> None:
    random = np.random.default_rng(2)
    true = random.normal(0, 2, 300).astype(np.float32)
    predicted = (true + random.normal(0, 1, 300)).astype(np.float32)
    judge = Regression()
    judge.add(EvaluationBatch(np.arange(300), true, true, predicted[:, None]))
    found = judge.slice_metrics(np.ones(300, bool))
    for name, value in found["metrics"].items():
        assert found["intervals"][name][0] < value < found["intervals"][name][1]
    low, high = found["intervals"]["mean_absolute_error"]
    assert high - low == pytest.approx(2 * 1.96 * np.abs(predicted - true).std() / np.sqrt(300), rel=0.2)


def test_r_squared_interval_equals_that_of_drawn_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confidence_intervals, "_corrected_percentiles", lambda *_: (2.5, 97.5))
    # So few rows that the mean differs from draw to draw.
    true, predicted = np.random.default_rng(6).normal(0, 1, (2, 9)).astype(np.float32).astype(np.float64)
    judge = Regression()
    judge.add(EvaluationBatch(np.arange(9), true, true, (true + predicted)[:, None]))
    random = np.random.default_rng(confidence_intervals.SEED)
    row_of = np.argsort(random.permutation(9))
    draws = [row_of[random.integers(0, 9, 9)] for _ in range(confidence_intervals.DRAWS)]
    expected = np.percentile([errors(true[rows], (true + predicted)[rows])["r_squared"] for rows in draws], (2.5, 97.5))
    assert judge.metrics()["intervals"]["r_squared"] == pytest.approx(tuple(expected), rel=1e-9)


def test_groups_of_rows_give_interval_of_single_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    # Runs of equal values would expose groups that follow the order of the rows.
    values = np.repeat(np.random.default_rng(4).normal(3, 1, 50), 1000)
    monkeypatch.setattr(confidence_intervals, "MAX_GROUPS", 500)
    low, high = mean_intervals({"mean": values})["mean"]
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(50_000), rel=0.15)


def test_same_rows_give_same_interval() -> None:
    assert confusion_intervals(CONFUSION) == confusion_intervals(CONFUSION)


def test_lower_bound_is_one_sided_and_falls_with_confidence() -> None:
    gains = np.repeat([1.0, 0.0, -1.0], [60, 320, 20])
    bounds = [lower_bound(lambda rows: float(gains[rows].mean()), len(gains), level) for level in (0.6, 0.95, 0.999)]
    assert bounds == sorted(bounds, reverse=True)
    spread = 1.645 * gains.std() / np.sqrt(len(gains))
    assert bounds[1] == pytest.approx(gains.mean() - spread, abs=0.008)
    assert lower_bound(lambda rows: 0.25, 10, 0.95) == 0.25


def test_perfect_class_of_few_rows_is_not_certain() -> None:
    perfect = class_intervals(np.diag([5, 200]))
    assert perfect[0]["recall"][0] == pytest.approx(0.566, abs=0.001)
    assert perfect[1]["recall"][0] > 0.98
    assert confusion_intervals(np.diag([5, 5]))["accuracy"][0] < 0.75


def test_tail_of_few_rows_is_wider_as_of_students_distribution() -> None:
    """Reference: quantile 0.975 of Student's distribution with 9 degrees of freedom is 2.2622."""
    expected = 1 - NormalDist().cdf(2.2622 * np.sqrt(10 / 9))
    assert confidence_intervals._expanded_tail(0.025, 10) == pytest.approx(expected, rel=0.02)
    assert confidence_intervals._expanded_tail(0.025, 10**6) == pytest.approx(0.025, rel=1e-4)


JOINT = np.array([[0.40, 0.06, 0.02], [0.05, 0.25, 0.03], [0.02, 0.03, 0.14]])


def moments(sums: NDArray[np.float64]) -> dict[str, float]:
    """Return the mean and the root of the mean square, given the number of rows and the two sums."""
    return {"mean": sums[1] / sums[0], "spread": np.sqrt(sums[2] / sums[0])}


@pytest.mark.long
@pytest.mark.parametrize(("rows", "least", "most"), [(50, 920, 980), (400, 930, 970)])
def test_95_percent_intervals_hold_in_93_to_97_percent_of_samples(rows: int, least: int, most: int) -> None:
    """A count of 1,000 has a standard deviation of 7; of 50 rows it may leave the range by that."""
    random, held = np.random.default_rng(7), Counter[str]()
    truth = {"accuracy": JOINT.trace(), "macro_f1": class_ratios((JOINT * 1e8).astype(np.int64))[2].mean()}
    truth |= {"mean": 3.0, "spread": 2.0}
    for _ in range(SAMPLES):
        values = random.normal(3.0, 2.0, rows)
        found = confusion_intervals(random.multinomial(rows, JOINT.ravel()).reshape(3, 3))
        found |= sum_intervals(moments, (values, (values - 3.0) ** 2))
        held.update(name for name, interval in found.items() if interval[0] <= truth[name] <= interval[1])
    assert {name: count for name, count in held.items() if not least <= count <= most} == {}


@pytest.mark.slow
def test_gate_takes_equal_models_for_better_ones_in_at_most_7_percent() -> None:
    random, accepted, samples = np.random.default_rng(5), 0, 250
    for _ in range(samples):
        gains = np.subtract(*(random.random((2, 200)) < 0.8).astype(float))
        accepted += lower_bound(lambda rows, gains=gains: float(gains[rows].mean()), 200, 0.95) > 0  # type: ignore[misc]
    assert accepted / samples <= 0.07


@pytest.mark.parametrize(("gained", "lost", "rows"), [(4, 3, 26), (5, 1, 26), (9, 2, 29), (2, 2, 40), (15, 7, 400)])
def test_interval_of_a_difference_is_the_mirror_of_the_reverse_difference(gained: int, lost: int, rows: int) -> None:
    difference = np.array([1.0] * gained + [-1.0] * lost + [0.0] * (rows - gained - lost))
    low, high = mean_intervals({"d": difference})["d"]
    reverse = mean_intervals({"d": -difference})["d"]
    assert (low, high) == pytest.approx((-reverse[1], -reverse[0]), abs=1e-12)
    # As by hand: percentiles of resampled means, which are whole numbers of rows.
    random = np.random.default_rng(5)
    drawn = [difference[random.integers(0, rows, rows)].mean() for _ in range(4000)]
    assert (low, high) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=2.1 / rows)
