"""Scores of a classifier agree with hand calculations and with plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.evaluate.classifier_scores import ClassScore, accuracy, class_scores, confusion_matrix, cross_entropies

# Six rows of three classes: two of class 0 (one predicted as 1), three of class 1, one of class 2 (predicted as 0).
LABELS = np.array([0, 0, 1, 1, 1, 2])
PREDICTED = np.array([0, 1, 1, 1, 1, 0])
CONFUSION = [[1, 1, 0], [0, 3, 0], [1, 0, 0]]

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


def test_confusion_matrix_has_true_classes_in_rows() -> None:
    assert confusion_matrix(LABELS, PREDICTED, 3).tolist() == CONFUSION


def test_accuracy_is_share_of_diagonal() -> None:
    assert accuracy(np.array(CONFUSION)) == 4 / 6


def test_class_scores_agree_with_hand_calculation() -> None:
    first, second, third = class_scores(np.array(CONFUSION))
    assert first == ClassScore(precision=1 / 2, recall=1 / 2, f1=1 / 2, support=2)
    assert second == ClassScore(precision=3 / 4, recall=1.0, f1=2 * 0.75 / 1.75, support=3)
    assert third == ClassScore(precision=0.0, recall=0.0, f1=0.0, support=1)


def test_class_scores_of_absent_class_are_zero() -> None:
    assert class_scores(np.array([[2, 0], [0, 0]]))[1] == ClassScore(precision=0.0, recall=0.0, f1=0.0, support=0)


def test_cross_entropy_is_negative_log_of_true_class() -> None:
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75]], np.float32)
    assert cross_entropies(np.array([0, 0]), probabilities) == pytest.approx([math.log(2), math.log(4)])


def test_cross_entropy_of_zero_probability_is_finite() -> None:
    assert cross_entropies(np.array([0]), np.array([[0.0, 1.0]], np.float32)) == pytest.approx([-math.log(1e-7)])


@given(pairs)
def test_scores_agree_with_plain_loops(rows: list[tuple[int, int]]) -> None:
    labels, predicted = (np.array(column) for column in zip(*rows, strict=True))
    confusion = confusion_matrix(labels, predicted, 5)
    assert confusion.sum() == len(rows)
    assert accuracy(confusion) == pytest.approx(sum(label == guess for label, guess in rows) / len(rows))
    for number, score in enumerate(class_scores(confusion)):
        both = rows.count((number, number))
        guessed = sum(guess == number for _, guess in rows)
        support = sum(label == number for label, _ in rows)
        assert score.support == support
        assert score.precision == pytest.approx(both / guessed if guessed else 0.0)
        assert score.recall == pytest.approx(both / support if support else 0.0)
        assert score.f1 == pytest.approx(2 * both / (guessed + support) if guessed + support else 0.0)
