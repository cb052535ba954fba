"""The gate passes better models, and reports the expected and received value of every failed check."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from headrace.compare.comparison_metrics import improvement, score, scores
from headrace.compare.row_predictions import Predictions
from headrace.config.sections.retraining import Gate
from headrace.evaluate.training_overlap import TrainingOverlap
from headrace.retrain.gate.model_predictions_latency_and_size import ScoredModel
from headrace.retrain.gate.promotion_checks import Check, Comparison, run_checks

ROWS = 600
CLASSES = ("coat", "bag", "boot")


def classifier(accuracy: float, *, seed: int = 0, **others: Any) -> ScoredModel:
    """Return a model with this accuracy; its errors are spread over the classes."""
    random = np.random.default_rng(seed)
    true = np.arange(ROWS) % len(CLASSES)
    right = random.permutation(ROWS) < round(accuracy * ROWS)
    predicted = np.where(right, true, (true + 1) % len(CLASSES))
    paths = np.array([f"{'night' if row % 4 == 0 else 'day'}/{row}.png" for row in range(ROWS)])
    predictions = Predictions(paths, true, predicted, np.where(right, 0.9, 0.05))
    return ScoredModel(predictions=predictions, **{"milliseconds": 2.0, "size_bytes": 1000} | others)


def labeller(wrong: float, *, seed: int = 0) -> ScoredModel:
    """Return a multi-label model in which each label is wrong for the share `wrong` of the rows."""
    random = np.random.default_rng(seed)
    true = np.random.default_rng(99).random((ROWS, len(CLASSES))) < (0.5, 0.3, 0.1)
    predicted = true ^ (random.random(true.shape) < wrong)
    paths = np.array([f"{row}.png" for row in range(ROWS)])
    return ScoredModel(
        predictions=Predictions(paths, true, predicted, np.full(ROWS, 1 - wrong)), milliseconds=1.0, size_bytes=10
    )


def regressor(error: float, unit: float = 1.0) -> ScoredModel:
    """Return a regression model whose predictions alternate between `error` too high and too low."""
    true, error = np.linspace(0, 10, ROWS) * unit, error * unit
    offset = np.where(np.arange(ROWS) % 2, error, -error)
    predictions = Predictions(np.array([f"{row}.csv" for row in range(ROWS)]), true, true + offset, np.zeros(ROWS))
    return ScoredModel(predictions=predictions, milliseconds=1.0, size_bytes=10)


def vector_regressor(error: float) -> ScoredModel:
    """Return a model of vectors of two numbers whose predictions alternate between `error` too high and too low."""
    true = np.stack([np.linspace(0, 10, ROWS), np.linspace(5, 0, ROWS)], axis=1).astype(np.float32)
    offset = np.where(np.arange(ROWS) % 2, error, -error)[:, None]
    paths = np.array([f"{row}.csv" for row in range(ROWS)])
    predictions = Predictions(paths, true, (true + offset).astype(np.float32), np.zeros(ROWS))
    return ScoredModel(predictions=predictions, milliseconds=1.0, size_bytes=10)


def compare(champion: ScoredModel | None, challenger: ScoredModel, **others: Any) -> Comparison:
    """Return the comparison of two classifiers unless `others` says otherwise."""
    settings: dict[str, Any] = {"task": "classification", "classes": CLASSES, "violations": ()} | others
    return Comparison(champion=champion, challenger=challenger, **settings)


def failed_checks(comparison: Comparison, **settings: Any) -> list[Check]:
    """Return the checks that fail with these gate settings."""
    return [check for check in run_checks(comparison, Gate.model_validate(settings)) if not check.passed]


def test_clearly_better_challenger_passes_every_check() -> None:
    assert not failed_checks(compare(classifier(0.7), classifier(0.85, seed=1)))


def test_improvement_within_noise_is_refused() -> None:
    (check,) = failed_checks(compare(classifier(0.80), classifier(0.805, seed=1)), slices={"max_drop": 0.5})
    assert check.name == "accuracy against the champion's"
    assert check.expected == "an improvement of more than 0 with 95% confidence"
    assert check.received.startswith("a rise of 0.0050, from 0.8000 to 0.8050; lower bound of the improvement: -0.0")


def test_worse_challenger_is_refused_with_what_fell_or_rose() -> None:
    (check, *_) = failed_checks(compare(classifier(0.8), classifier(0.5, seed=1)))
    assert check.received.startswith("a fall of 0.3000, from 0.8000 to 0.5000;")
    task = {"task": "regression", "classes": ()}
    (check, *_) = failed_checks(compare(regressor(0.1), regressor(0.2), **task))
    assert check.received.startswith("a rise of 0.1000, from 0.1000 to 0.2000, where smaller is better;")


def test_vectors_are_judged_by_their_errors() -> None:
    task: dict[str, Any] = {"task": "vector", "classes": ()}
    slices = {"paths": {"all": "*"}}
    change, part = failed_checks(compare(vector_regressor(0.1), vector_regressor(0.2), **task), slices=slices)
    assert change.received.startswith("a rise of 0.1000, from 0.1000 to 0.2000, where smaller is better;")
    assert (part.name, part.expected) == ("mean absolute error of all", "an increase of 5% or less")
    assert not failed_checks(compare(vector_regressor(0.2), vector_regressor(0.1), **task), slices=slices)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_regression_is_judged_alike_in_any_unit(unit: float) -> None:
    """An error of 1e-12 may be large; the messages have its digits."""
    task: dict[str, Any] = {"task": "regression", "classes": ()}
    slices = {"paths": {"all": "*"}}
    change, part = failed_checks(compare(regressor(0.1, unit), regressor(0.2, unit), **task), slices=slices)
    assert (part.name, part.expected) == ("mean absolute error of all", "an increase of 5% or less")
    assert "by 0.0000" not in change.received
    assert not change.received.endswith("+0.0000")
    assert not failed_checks(compare(regressor(0.2, unit), regressor(0.1, unit), **task), slices=slices)


def test_bound_that_is_missed_by_little_is_told_from_what_was_received() -> None:
    only = compare(None, regressor(0.100001), task="regression", classes=())
    (check,) = failed_checks(only, bounds={"mean_absolute_error": {"max": 0.1}})
    assert check.received == "0.100001"


def test_identical_model_is_not_better() -> None:
    same = classifier(0.8)
    names = [check.name for check in failed_checks(compare(same, same))]
    assert names == ["accuracy against the champion's", "test rows that decide"]
    assert not failed_checks(compare(same, same), margin=-0.01)


@pytest.mark.parametrize(
    ("gained", "rows", "failed"),
    [
        # No resampled set of rows has a loss, so that a bound of 0 proves nothing.
        (1, 5, ["accuracy against the champion's", "test rows that decide"]),
        (2, ROWS, ["accuracy against the champion's", "test rows that decide"]),
        # The bootstrap's bound is above 0, but 4 of 4 rows are won by chance with probability 1/16.
        (4, ROWS, ["test rows that decide"]),
        (5, ROWS, []),
    ],
)
def test_gain_of_few_rows_is_refused_although_no_row_is_lost(gained: int, rows: int, failed: list[str]) -> None:
    challenger = classifier(1.0)
    predictions = challenger.predictions.select(np.arange(rows))
    predicted = predictions.true.copy()
    predicted[:gained] = (predicted[:gained] + 1) % len(CLASSES)
    champion = replace(challenger, predictions=replace(predictions, predicted=predicted))
    found = failed_checks(compare(champion, replace(challenger, predictions=predictions)))
    assert [check.name for check in found] == failed
    if gained == 1:
        assert found[1].received == "1 of 5 rows"


def test_margin_is_required() -> None:
    both = compare(classifier(0.7), classifier(0.8, seed=1))
    assert not failed_checks(both, margin=0.02)
    assert [check.name for check in failed_checks(both, margin=0.09)] == ["accuracy against the champion's"]


def test_paired_comparison_detects_small_gain() -> None:
    champion = classifier(0.8)
    predicted = champion.predictions.predicted.copy()
    wrong = np.flatnonzero(predicted != champion.predictions.true)[:12]
    predicted[wrong] = champion.predictions.true[wrong]
    better = replace(champion, predictions=replace(champion.predictions, predicted=predicted))
    assert not failed_checks(compare(champion, better), confidence=0.99)


def test_worse_class_refuses_better_model() -> None:
    challenger = classifier(0.9, seed=1)
    predicted = challenger.predictions.predicted.copy()
    predicted[np.flatnonzero(challenger.predictions.true == 1)[:90]] = 0
    worse = replace(challenger, predictions=replace(challenger.predictions, predicted=predicted))
    checks = failed_checks(compare(classifier(0.6), worse), slices={"max_drop": 0.05})
    assert [check.name for check in checks] == ["accuracy of class 'bag'"]
    assert "200 rows" in checks[0].received


def test_path_slice_is_checked_unless_too_small() -> None:
    champion, challenger = classifier(0.7), classifier(0.9, seed=1)
    predicted = challenger.predictions.predicted.copy()
    night = np.char.startswith(challenger.predictions.paths, "night")
    predicted[night] = (challenger.predictions.true[night] + 1) % 3
    dark = replace(challenger, predictions=replace(challenger.predictions, predicted=predicted))
    slices = {"max_drop": 0.3, "paths": {"night shots": "night/*"}}
    assert "accuracy of night shots" in {check.name for check in failed_checks(compare(champion, dark), slices=slices)}
    few = slices | {"min_rows": 151}
    assert "accuracy of night shots" not in {check.name for check in failed_checks(compare(champion, dark), slices=few)}


def test_slices_that_are_not_compared_are_named(caplog: pytest.LogCaptureFixture) -> None:
    """A misspelt pattern would otherwise guard nothing without a word."""
    slices = {"min_rows": 180, "paths": {"night": "night/*", "dusk": "duks/*"}}
    checks = run_checks(compare(classifier(0.7), classifier(0.9, seed=1)), Gate.model_validate({"slices": slices}))
    (small,) = [check for check in checks if check.name == "slices that are not compared"]
    assert small.passed
    assert str(small).endswith(
        "expected 180 rows or more to compare one, received accuracy of night (150 rows), accuracy of dusk (0 rows)"
    )
    assert "does not compare the accuracy of dusk: no row of the test split matches" in caplog.text
    assert "night" not in caplog.text


def test_first_model_must_only_meet_bounds() -> None:
    first = compare(None, classifier(0.6))
    assert not failed_checks(first, bounds={"accuracy": {"min": 0.5}, "loss": {"max": 2.0}})
    (check,) = failed_checks(first, bounds={"accuracy": {"min": 0.7}})
    assert str(check) == "accuracy: expected 0.7 or more, received 0.6000"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"latency": {"milliseconds": 1.5}}, "latency"),
        ({"latency": {"max_ratio": 1.5}}, "latency"),
        ({"latency": {"milliseconds": 9, "max_ratio": 1.5}}, "latency"),
        ({"size_bytes": 999}, "size"),
    ],
)
def test_latency_and_size_are_limited(settings: dict[str, Any], name: str) -> None:
    both = compare(classifier(0.7, milliseconds=1.0), classifier(0.9, seed=1))
    assert [check.name for check in failed_checks(both, **settings)] == [name]
    assert not failed_checks(both, latency={"milliseconds": 2, "max_ratio": 2}, size_bytes=1000)


def test_violated_expectations_refuse_unless_disabled() -> None:
    violating = compare(classifier(0.7), classifier(0.9, seed=1), violations=("rows.train is 5, expected 10 or more",))
    assert [check.received for check in failed_checks(violating)] == ["rows.train is 5, expected 10 or more"]
    assert not failed_checks(violating, expectations=False)


def test_regression_prefers_smaller_error() -> None:
    numbers: dict[str, Any] = {"task": "regression", "classes": ()}
    assert not failed_checks(compare(regressor(1.0), regressor(0.5), **numbers), slices={"paths": {"all": "*"}})
    names = [check.name for check in failed_checks(compare(regressor(0.5), regressor(1.0), **numbers))]
    assert names == ["mean absolute error against the champion's"]


MULTI_LABEL: dict[str, Any] = {"task": "multi_label"}


def test_multi_label_compares_macro_f1() -> None:
    assert not failed_checks(
        compare(labeller(0.2), labeller(0.05, seed=1), **MULTI_LABEL), slices={"paths": {"ones": "1*"}}
    )
    refused = failed_checks(compare(labeller(0.05), labeller(0.2, seed=1), **MULTI_LABEL), slices={"max_drop": 1})
    assert [check.name for check in refused] == ["macro f1 against the champion's"]


def test_label_predicted_for_every_row_refuses_better_model() -> None:
    challenger = labeller(0.02, seed=1)
    predicted = challenger.predictions.predicted.copy()
    predicted[:, 2] = True
    overpredicting = replace(challenger, predictions=replace(challenger.predictions, predicted=predicted))
    champion = labeller(0.02)
    worse = champion.predictions.predicted.copy()
    worse[:, :2] = ~champion.predictions.true[:, :2]
    weak_champion = replace(champion, predictions=replace(champion.predictions, predicted=worse))
    (check,) = failed_checks(compare(weak_champion, overpredicting, **MULTI_LABEL))
    assert check.name == "f1 of label 'boot'"
    assert f"{challenger.predictions.true[:, 2].sum()} rows" in check.received


def test_multi_label_metrics_match_scikit_learn() -> None:
    predictions = labeller(0.2).predictions
    assert scores("multi_label", predictions) == {
        "macro_f1": pytest.approx(f1_score(predictions.true, predictions.predicted, average="macro")),
        "micro_f1": pytest.approx(f1_score(predictions.true, predictions.predicted, average="micro")),
        "binary_accuracy": pytest.approx((predictions.true == predictions.predicted).mean()),
        "loss": pytest.approx(-np.log(0.8)),
    }
    unlabelled = predictions.select(~predictions.true.any(1))
    assert score("multi_label", "macro_f1", unlabelled) == 0


def test_classification_metrics_match_their_definitions() -> None:
    predictions = Predictions(
        np.array(["a", "b", "c", "d"]), np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), np.array([0.8, 0.4, 0.5, 1.0])
    )
    assert scores("classification", predictions) == {
        "accuracy": 0.75,
        "macro_f1": pytest.approx((2 / 3 + 4 / 5) / 2),
        "loss": pytest.approx(-np.log([0.8, 0.4, 0.5, 1.0]).mean()),
    }
    better = replace(predictions, likelihood=np.ones(4))
    assert improvement("classification", "loss", predictions, better) == pytest.approx(
        score("classification", "loss", predictions)
    )


def test_macro_f1_ignores_classes_absent_from_test_split() -> None:
    predictions = Predictions(np.array(["a", "b", "c"]), np.array([0, 1, 1]), np.array([0, 1, 2]), np.ones(3))
    assert score("classification", "macro_f1", predictions) == pytest.approx((1 + 2 / 3) / 2)


def test_challenger_trained_on_test_rows_is_refused_with_their_number() -> None:
    overlap = TrainingOverlap(rows=235, total=295, example="boot/7.png", unread=("version 1 of /old (gone)",))
    better = compare(classifier(0.5), classifier(0.9), overlaps={"the challenger": overlap})
    (check,) = failed_checks(better)
    assert str(check) == (
        "test rows in the training data of the challenger: expected none, received 235 of 295 rows, such as "
        "'boot/7.png'; not compared: version 1 of /old (gone)"
    )
    unseen = overlap.model_copy(update={"rows": 0})
    assert failed_checks(replace(better, overlaps={"the challenger": unseen})) == []
