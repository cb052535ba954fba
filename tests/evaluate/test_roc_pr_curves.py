"""Curves agree with scikit-learn, with and without ties; thinning keeps ends, peaks and areas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from headrace.evaluate.roc_pr_curves import INTERVALS, MAX_CURVES, Curves, class_curves, mean_areas

# Few distinct scores, so that many rows share one.
tied = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.125, 0.5, 0.75, 1.0])), min_size=2, max_size=60)
distinct = st.lists(st.tuples(st.booleans(), st.floats(0, 1, width=32)), min_size=2, max_size=60)


@given(st.one_of(tied, distinct))
def test_areas_agree_with_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    positive, scores = np.array([one for one, _ in rows]), np.array([score for _, score in rows], np.float32)
    found = Curves.from_scores(positive, scores)
    if positive.any() and not positive.all():
        assert found.roc_auc == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    if positive.any():
        assert found.average_precision == pytest.approx(average_precision_score(positive, scores), abs=1e-12)


@given(st.one_of(tied, distinct))
def test_points_agree_with_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    positive, scores = np.array([True, False, *(one for one, _ in rows)]), np.array([0.3, 0.6, *(s for _, s in rows)])
    found = Curves.from_scores(positive, scores)
    across, up, _ = roc_curve(positive, scores, drop_intermediate=False)
    assert np.array(found.roc) == pytest.approx(np.stack([across, up], 1), abs=1e-5)
    precision, recall, _ = precision_recall_curve(positive, scores)
    # scikit-learn begins with the lowest score and adds a last point at which no row is positive.
    assert np.array(found.precision_recall) == pytest.approx(np.stack([recall, precision], 1)[-2::-1], abs=1e-5)


def test_rows_of_one_class_have_no_area() -> None:
    scores = np.array([0.1, 0.9])
    assert Curves.from_scores(np.array([True, True]), scores).roc_auc is None
    none = Curves.from_scores(np.array([False, False]), scores)
    assert (none.roc_auc, none.average_precision) == (None, None)


def test_curve_of_many_rows_has_few_points_and_exact_area() -> None:
    random = np.random.default_rng(1)
    positive = random.random(200_000) < 0.3
    scores = (random.normal(0, 1, 200_000) + positive).astype(np.float32)
    found = Curves.from_scores(positive, scores)
    assert found.roc_auc == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert found.average_precision == pytest.approx(average_precision_score(positive, scores), abs=1e-12)
    assert len(found.roc) <= 4 * INTERVALS
    assert (found.roc[0], found.roc[-1]) == ((0.0, 0.0), (1.0, 1.0))
    across, up = np.array(found.roc).T
    assert (np.diff(across) >= 0).all()
    assert (np.diff(up) >= 0).all()
    assert auc(across, up) == pytest.approx(found.roc_auc, abs=0.002)
    assert len(found.precision_recall) <= 4 * INTERVALS
    order = np.argsort(-scores, kind="stable")
    best = (np.cumsum(positive[order]) / np.arange(1, 200_001)).max()
    assert max(precision for _, precision in found.precision_recall) == pytest.approx(best, abs=1e-5)


def test_class_curves_draw_the_worst_of_many_classes() -> None:
    random, classes = np.random.default_rng(2), [f"class {number}" for number in range(30)]
    labels = random.integers(0, 30, 3000)
    scores = random.random((3000, 30)) + (labels[:, None] == np.arange(30)) * np.linspace(0.1, 1, 30)
    areas, drawn = class_curves(classes, (labels == number for number in range(30)), scores)
    expected = [average_precision_score(labels == number, scores[:, number]) for number in range(30)]
    assert [area["average_precision"] for area in areas] == pytest.approx(expected)
    worst = np.argsort(expected)[:MAX_CURVES]
    assert set(drawn) == {classes[number] for number in worst}
    assert mean_areas(areas)["average_precision"] == pytest.approx(np.mean(expected))


def test_mean_areas_ignore_class_without_rows() -> None:
    labels, scores = np.array([0, 1, 0, 1]), np.array([[0.9, 0.1, 0], [0.4, 0.6, 0], [0.3, 0.7, 0], [0.2, 0.8, 0]])
    areas, drawn = class_curves(["a", "b", "c"], (labels == number for number in range(3)), scores)
    assert areas[2] == {"roc_auc": None, "average_precision": None}
    assert set(drawn) == {"a", "b"}
    assert mean_areas(areas)["roc_auc"] == pytest.approx(0.75)
    assert mean_areas([areas[2]]) == {}
