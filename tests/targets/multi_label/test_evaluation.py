"""Multi-label metrics agree with scikit-learn."""

import json
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.multi_label.evaluation import MultiLabel, _compute_metrics
from headrace.wilson_interval import wilson

CLASSES = ("even", "prime", "rare", "never")
ROWS = 400
RANDOM = np.random.default_rng(11)
TRUTH = (RANDOM.random((ROWS, 4)) < (0.5, 0.4, 0.05, 0)).astype(np.float32)
LOGITS = RANDOM.normal(0, 1, (ROWS, 4)) + (2 * TRUTH - 1) * (2, 1, 0.5, 1)
ANSWERS = (1 / (1 + np.exp(-LOGITS))).astype(np.float32)
GIVEN = ANSWERS >= 0.5


@pytest.fixture(scope="module")
def evaluator() -> MultiLabel:
    """Return an evaluator that has seen all rows in batches of 64."""
    made = MultiLabel(CLASSES)
    for begin in range(0, ROWS, 64):
        rows = slice(begin, begin + 64)
        paths = np.array([f"{row}.png" for row in range(ROWS)][rows])
        made.add(EvaluationBatch(paths, TRUTH[rows], np.zeros((len(paths), 2, 2, 1), np.uint8), ANSWERS[rows]))
    return made


@pytest.fixture(scope="module")
def metrics_record(evaluator: MultiLabel) -> dict[str, Any]:
    """Return the evaluator's metrics after a JSON round trip."""
    found: dict[str, Any] = json.loads(json.dumps(evaluator.metrics()))
    return found


def test_multi_label_metrics_agree_with_scikit_learn(metrics_record: dict[str, Any]) -> None:
    found = metrics_record["metrics"]
    assert found["binary_accuracy"] == pytest.approx(1 - metrics.hamming_loss(TRUTH, GIVEN))
    assert found["exact_match"] == pytest.approx(metrics.accuracy_score(TRUTH, GIVEN))
    assert found["micro_f1"] == pytest.approx(metrics.f1_score(TRUTH, GIVEN, average="micro"))
    # A class without rows has no F1 and no area.
    assert metrics_record["absent"] == ["never"]
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(TRUTH[:, :3], GIVEN[:, :3], average="macro"))
    low, high = metrics_record["intervals"]["macro_f1"]
    assert low < found["macro_f1"] < high
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(TRUTH[:, :3], ANSWERS[:, :3]))
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(TRUTH[:, :3], ANSWERS[:, :3]))
    losses = [metrics.log_loss(TRUTH[:, one], ANSWERS[:, one], labels=[0, 1]) for one in range(4)]
    assert found["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert found["brier_score"] == pytest.approx(((ANSWERS - TRUTH) ** 2).mean(), rel=1e-5)


def test_flawless_rare_label_does_not_widen_the_interval_of_macro_f1() -> None:
    """Half of the resamples have no row of the first label, and macro F1 does not cover it there."""
    truth = np.zeros((12, 2), bool)
    truth[0, 0] = truth[3:, 1] = True
    result, _, by_class = _compute_metrics(truth, np.where(truth, np.float32(0.9), np.float32(0.1)))
    assert "macro_f1" not in result["intervals"]
    assert [intervals["f1"] for intervals in by_class] == [(1.0, 1.0)] * 2


def test_class_scores_lie_within_their_intervals(metrics_record: dict[str, Any]) -> None:
    expected = metrics.precision_recall_fscore_support(TRUTH, GIVEN, zero_division=0)
    for number, name in enumerate(CLASSES):
        found = metrics_record["per_class"][name]
        for key, values in zip(("precision", "recall", "f1"), expected, strict=False):
            assert found[key] == pytest.approx(values[number])
            low, high = found["intervals"].get(key, (0, 1))
            assert low <= found[key] <= high
        # F1 of a class without rows is 0 in every resample, which is no interval.
        assert ("f1" in found["intervals"]) == (name != "never")
        right, too_many, too_few = found["counts"]
        assert (right + too_few, right + too_many) == (TRUTH[:, number].sum(), GIVEN[:, number].sum())
    assert metrics_record["per_class"]["never"]["roc_auc"] is None


def test_calibration_counts_every_label_of_every_row(metrics_record: dict[str, Any]) -> None:
    assert sum(one["rows"] for one in metrics_record["calibration"]) == ROWS * len(CLASSES)
    assert set(metrics_record["curves"]) == {"even", "prime", "rare"}


def test_worst_rows_are_those_with_most_confident_wrong_label(metrics_record: dict[str, Any]) -> None:
    errors = np.where((TRUTH > 0) != GIVEN, np.abs(ANSWERS - TRUTH), 0).max(1)
    order = np.argsort(-errors)[: len(metrics_record["worst"])]
    assert [one["path"] for one in metrics_record["worst"]] == [f"{row}.png" for row in order]
    first, row = metrics_record["worst"][0], order[0]
    assert first["labels"] == [name for name, one in zip(CLASSES, TRUTH[row], strict=True) if one]
    assert first["predicted"] == [name for name, one in zip(CLASSES, GIVEN[row], strict=True) if one]
    assert set(first["wrong"]) == set(first["labels"]) ^ set(first["predicted"])
    assert first["png"]


def test_slice_metrics_agree_with_rows_of_the_slice(evaluator: MultiLabel) -> None:
    rows = np.arange(ROWS) % 3 == 0
    found = evaluator.slice_metrics(rows)
    assert found["rows"] == rows.sum()
    assert found["metrics"]["binary_accuracy"] == pytest.approx(((TRUTH > 0) == GIVEN)[rows].mean())
    assert set(found["metrics"]) == set(found["intervals"])


def test_shares_of_rows_have_wilson_intervals() -> None:
    """Two of two right are no proof of certainty: resampling them would give an interval of 1 to 1."""
    truth = np.array([[1, 0], [1, 0], [0, 0]], bool)
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.1]], np.float32)
    result, _, by_class = _compute_metrics(truth, probabilities)
    assert result["intervals"]["exact_match"] == wilson(2, 3)
    assert by_class[0]["precision"] == wilson(2, 3)
    assert by_class[0]["recall"] == wilson(2, 2)
    assert by_class[1]["recall"] == (0.0, 1.0)
