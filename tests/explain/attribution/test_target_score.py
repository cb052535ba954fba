"""The target score depends on the prediction alone and is exact where a probability rounds to 1."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.contract import Contract
from headrace.explain.attribution.target_score import TargetScore

pytestmark = pytest.mark.tensorflow

CLASSES = ("a", "b", "c")


def target_score(task: str) -> TargetScore:
    """Return the score for a task of three classes, or for regression or vectors."""
    classes = () if task in ("regression", "vector") else CLASSES
    return TargetScore(Contract.model_validate({"columns": {}, "task": task, "classes": classes}))


SCORE = target_score("classification")


def log_odds(logits: list[float], number: int) -> float:
    """Return the log-odds in double precision."""
    others = np.delete(np.array(logits), number)
    return float(logits[number] - np.logaddexp.reduce(others))


@settings(deadline=None)  # TensorFlow sets up its kernels in the first example
@given(logits=st.lists(st.floats(-30, 30), min_size=2, max_size=6), shift=st.floats(-5, 5))
def test_score_is_the_log_odds_and_ignores_a_shift_of_all_logits(logits: list[float], shift: float) -> None:
    predictions = tf.nn.softmax(tf.constant([logits, [logit + shift for logit in logits]], tf.float32))
    assert SCORE(predictions, 1).numpy() == pytest.approx([log_odds(logits, 1)] * 2, abs=1e-3)


def test_score_has_a_gradient_where_the_probability_saturates() -> None:
    logits = tf.constant([[40.0, 0.0, 1.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        predictions = tf.nn.softmax(logits)
        score, probability = SCORE(predictions, 0), predictions[:, 0]
    assert float(probability[0]) == 1.0
    assert np.abs(tape.gradient(probability, logits)).max() < 1e-15
    assert tape.gradient(score, logits).numpy()[0] == pytest.approx([1.0, -0.2689, -0.7311], abs=1e-3)


def test_score_in_regression_is_the_number() -> None:
    assert target_score("regression")(tf.constant([[3.5], [-2.0]]), None).numpy().tolist() == [3.5, -2.0]


def test_score_of_a_vector_is_its_norm_with_a_gradient_at_0() -> None:
    vectors = tf.constant([[3.0, -4.0], [0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        score = target_score("vector")(vectors, None)
    assert score.numpy() == pytest.approx([5.0, 0.0], abs=1e-6)
    assert tape.gradient(score, vectors).numpy() == pytest.approx(np.array([[0.6, -0.8], [0, 0]]), abs=1e-6)


def test_score_with_many_labels_ignores_the_other_labels() -> None:
    predictions = tf.sigmoid(tf.constant([[2.0, -1.0, 0.5], [2.0, 4.0, -3.0]]))
    assert target_score("multi_label")(predictions, 0).numpy() == pytest.approx([2.0, 2.0], abs=1e-5)
