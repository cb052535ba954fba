"""The gate lets better models through, and says of every other what was expected and what was received."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from headrace.config.sections.retraining import Gate
from headrace.retrain.gate.checks import Check, Comparison, run_checks
from headrace.retrain.gate.metrics import improvement, score, scores
from headrace.retrain.gate.predictions import Predictions, ScoredModel

ROWS = 600
CLASSES = ("coat", "bag", "boot")


def classifier(accuracy: float, *, seed: int = 0, **others: Any) -> ScoredModel:
    """Right in this part of the rows, spread over the classes."""
    random = np.random.default_rng(seed)
    true = np.arange(ROWS) % len(CLASSES)
    right = random.permutation(ROWS) < round(accuracy * ROWS)
    predicted = np.where(right, true, (true + 1) % len(CLASSES))
    paths = np.array([f"{'night' if row % 4 == 0 else 'day'}/{row}.png" for row in range(ROWS)])
    answers = Predictions(paths, true, predicted, np.where(right, 0.9, 0.05))
    return ScoredModel(predictions=answers, **{"milliseconds": 2.0, "size_bytes": 1000} | others)


def labeller(wrong: float, *, seed: int = 0) -> ScoredModel:
    """Each of its labels is wrong in this part of the rows."""
    random = np.random.default_rng(seed)
    true = np.random.default_rng(99).random((ROWS, len(CLASSES))) < (0.5, 0.3, 0.1)
    given = true ^ (random.random(true.shape) < wrong)
    paths = np.array([f"{row}.png" for row in range(ROWS)])
    return ScoredModel(
        predictions=Predictions(paths, true, given, np.full(ROWS, 1 - wrong)), milliseconds=1.0, size_bytes=10
    )


def regressor(error: float) -> ScoredModel:
    """Off by this much, up and down in turn."""
    true = np.linspace(0, 10, ROWS)
    off = np.where(np.arange(ROWS) % 2, error, -error)
    answers = Predictions(np.array([f"{row}.csv" for row in range(ROWS)]), true, true + off, np.zeros(ROWS))
    return ScoredModel(predictions=answers, milliseconds=1.0, size_bytes=10)


def contest(champion: ScoredModel | None, challenger: ScoredModel, **others: Any) -> Comparison:
    given: dict[str, Any] = {"task": "classification", "classes": CLASSES, "breaches": ()} | others
    return Comparison(champion=champion, challenger=challenger, **given)


def failed(contest: Comparison, **settings: Any) -> list[Check]:
    return [check for check in run_checks(contest, Gate.model_validate(settings)) if not check.passed]


def test_a_clearly_better_challenger_passes_every_check() -> None:
    assert not failed(contest(classifier(0.7), classifier(0.85, seed=1)))


def test_one_that_is_better_by_chance_is_refused_with_the_confidence_it_lacks() -> None:
    (check,) = failed(contest(classifier(0.80), classifier(0.805, seed=1)), slices={"max_drop": 0.5})
    assert check.name == "better accuracy"
    assert check.expected == "an improvement of 0 or more with 95% confidence"
    assert check.received.startswith("+0.0050, at least -0.0")
    assert "0.8000 to 0.8050, larger is better" in check.received


def test_the_same_model_again_is_not_better() -> None:
    same = classifier(0.8)
    assert [check.name for check in failed(contest(same, same))] == ["better accuracy"]
    assert not failed(contest(same, same), margin=-0.01)


def test_the_margin_is_demanded() -> None:
    both = contest(classifier(0.7), classifier(0.8, seed=1))
    assert not failed(both, margin=0.02)
    assert [check.name for check in failed(both, margin=0.09)] == ["better accuracy"]


def test_rows_are_compared_in_pairs_so_that_a_small_gain_on_the_same_rows_counts() -> None:
    champion = classifier(0.8)
    predicted = champion.predictions.predicted.copy()
    wrong = np.flatnonzero(predicted != champion.predictions.true)[:12]
    predicted[wrong] = champion.predictions.true[wrong]
    better = replace(champion, predictions=replace(champion.predictions, predicted=predicted))
    assert not failed(contest(champion, better), confidence=0.99)


def test_a_class_that_suffers_refuses_a_model_that_is_better_on_the_whole() -> None:
    challenger = classifier(0.9, seed=1)
    predicted = challenger.predictions.predicted.copy()
    predicted[np.flatnonzero(challenger.predictions.true == 1)[:90]] = 0
    worse = replace(challenger, predictions=replace(challenger.predictions, predicted=predicted))
    checks = failed(contest(classifier(0.6), worse), slices={"max_drop": 0.05})
    assert [check.name for check in checks] == ["accuracy of class 'bag'"]
    assert "200 rows" in checks[0].received


def test_a_slice_by_path_is_judged_and_a_small_one_is_not() -> None:
    champion, challenger = classifier(0.7), classifier(0.9, seed=1)
    predicted = challenger.predictions.predicted.copy()
    night = np.char.startswith(challenger.predictions.paths, "night")
    predicted[night] = (challenger.predictions.true[night] + 1) % 3
    dark = replace(challenger, predictions=replace(challenger.predictions, predicted=predicted))
    slices = {"max_drop": 0.3, "paths": {"night shots": "night/*"}}
    assert "accuracy of night shots" in {check.name for check in failed(contest(champion, dark), slices=slices)}
    few = slices | {"min_rows": 151}
    assert "accuracy of night shots" not in {check.name for check in failed(contest(champion, dark), slices=few)}


def test_the_first_model_needs_only_to_be_within_the_bounds() -> None:
    first = contest(None, classifier(0.6))
    assert not failed(first, bounds={"accuracy": {"min": 0.5}, "loss": {"max": 2.0}})
    (check,) = failed(first, bounds={"accuracy": {"min": 0.7}})
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
def test_latency_and_size_have_bounds(settings: dict[str, Any], name: str) -> None:
    both = contest(classifier(0.7, milliseconds=1.0), classifier(0.9, seed=1))
    assert [check.name for check in failed(both, **settings)] == [name]
    assert not failed(both, latency={"milliseconds": 2, "max_ratio": 2}, size_bytes=1000)


def test_expectations_that_only_warned_refuse_unless_they_need_not_be_met() -> None:
    breached = contest(classifier(0.7), classifier(0.9, seed=1), breaches=("rows.train is 5, expected 10 or more",))
    assert [check.received for check in failed(breached)] == ["rows.train is 5, expected 10 or more"]
    assert not failed(breached, expectations=False)


def test_in_regression_a_smaller_error_is_better() -> None:
    numbers: dict[str, Any] = {"task": "regression", "classes": ()}
    assert not failed(contest(regressor(1.0), regressor(0.5), **numbers), slices={"paths": {"all": "*"}})
    names = [check.name for check in failed(contest(regressor(0.5), regressor(1.0), **numbers))]
    assert names == ["better mean absolute error"]


MANY: dict[str, Any] = {"task": "multi_label"}


def test_of_many_labels_the_mean_f1_decides() -> None:
    assert not failed(contest(labeller(0.2), labeller(0.05, seed=1), **MANY), slices={"paths": {"ones": "1*"}})
    refused = failed(contest(labeller(0.05), labeller(0.2, seed=1), **MANY), slices={"max_drop": 1})
    assert [check.name for check in refused] == ["better macro f1"]


def test_a_label_that_is_given_to_every_row_refuses_a_model_that_is_better_on_the_whole() -> None:
    challenger = labeller(0.02, seed=1)
    predicted = challenger.predictions.predicted.copy()
    predicted[:, 2] = True
    all_have_it = replace(challenger, predictions=replace(challenger.predictions, predicted=predicted))
    champion = labeller(0.02)
    worse = champion.predictions.predicted.copy()
    worse[:, :2] = ~champion.predictions.true[:, :2]
    bad_elsewhere = replace(champion, predictions=replace(champion.predictions, predicted=worse))
    (check,) = failed(contest(bad_elsewhere, all_have_it, **MANY))
    assert check.name == "f1 of label 'boot'"
    assert f"{challenger.predictions.true[:, 2].sum()} rows" in check.received


def test_metrics_of_many_labels_are_those_of_scikit_learn() -> None:
    answers = labeller(0.2).predictions
    assert scores("multi_label", answers) == {
        "macro_f1": pytest.approx(f1_score(answers.true, answers.predicted, average="macro")),
        "micro_f1": pytest.approx(f1_score(answers.true, answers.predicted, average="micro")),
        "binary_accuracy": pytest.approx((answers.true == answers.predicted).mean()),
        "loss": pytest.approx(-np.log(0.8)),
    }
    nothing = answers.select(~answers.true.any(1))
    assert score("macro_f1", nothing) == 0


def test_metrics_are_those_of_their_definitions() -> None:
    answers = Predictions(
        np.array(["a", "b", "c", "d"]), np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), np.array([0.8, 0.4, 0.5, 1.0])
    )
    assert scores("classification", answers) == {
        "accuracy": 0.75,
        "macro_f1": pytest.approx((2 / 3 + 4 / 5) / 2),
        "loss": pytest.approx(-np.log([0.8, 0.4, 0.5, 1.0]).mean()),
    }
    better = replace(answers, likelihood=np.ones(4))
    assert improvement("loss", answers, better) == pytest.approx(score("loss", answers))


def test_a_class_that_the_test_split_lacks_does_not_count_in_macro_f1() -> None:
    answers = Predictions(np.array(["a", "b", "c"]), np.array([0, 1, 1]), np.array([0, 1, 2]), np.ones(3))
    assert score("macro_f1", answers) == pytest.approx((1 + 2 / 3) / 2)
