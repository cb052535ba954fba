"""What is explained is a function of the answer alone, exact where a probability rounds to 1."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.contract import Contract
from headrace.explain.target_score import TargetScore

CLASSES = ("a", "b", "c")


def score_of(task: str) -> TargetScore:
    classes = () if task == "regression" else CLASSES
    return TargetScore(Contract.model_validate({"columns": {}, "task": task, "classes": classes}))


SCORE = score_of("classification")


def log_odds(logits: list[float], number: int) -> float:
    """In double precision."""
    others = np.delete(np.array(logits), number)
    return float(logits[number] - np.logaddexp.reduce(others))


@settings(deadline=None)  # TensorFlow sets up its kernels in the first example
@given(logits=st.lists(st.floats(-30, 30), min_size=2, max_size=6), shift=st.floats(-5, 5))
def test_it_is_the_log_odds_whatever_is_added_to_all_logits(logits: list[float], shift: float) -> None:
    answers = tf.nn.softmax(tf.constant([logits, [logit + shift for logit in logits]], tf.float32))
    assert SCORE(answers, 1).numpy() == pytest.approx([log_odds(logits, 1)] * 2, abs=1e-3)


def test_it_has_a_gradient_where_the_probability_has_none() -> None:
    logits = tf.constant([[40.0, 0.0, 1.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        answers = tf.nn.softmax(logits)
        found, probability = SCORE(answers, 0), answers[:, 0]
    assert float(probability[0]) == 1.0
    assert np.abs(tape.gradient(probability, logits)).max() < 1e-15
    assert tape.gradient(found, logits).numpy()[0] == pytest.approx([1.0, -0.2689, -0.7311], abs=1e-3)


def test_in_regression_it_is_the_number() -> None:
    assert score_of("regression")(tf.constant([[3.5], [-2.0]]), None).numpy().tolist() == [3.5, -2.0]


def test_of_many_labels_the_others_do_not_matter() -> None:
    answers = tf.sigmoid(tf.constant([[2.0, -1.0, 0.5], [2.0, 4.0, -3.0]]))
    assert score_of("multi_label")(answers, 0).numpy() == pytest.approx([2.0, 2.0], abs=1e-5)
