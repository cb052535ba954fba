"""Loss and metrics agree with their formulas."""

import math

import keras
import numpy as np
import pytest

from headrace.config.sections.training import Loss
from headrace.contract import Column, Contract
from headrace.errors import ConfigurationError
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.multi_label.evaluation import MultiLabel
from headrace.train.model.losses_and_metrics.loss_and_metrics import make_loss, make_metrics

pytestmark = pytest.mark.tensorflow

CONTRACT = Contract(
    columns={"label": Column(role="target", codec="plain", dtype="int32")},
    classes=("bag", "boot", "coat"),
)
RANDOM = np.random.default_rng(1)
LABELS = RANDOM.integers(0, 3, 40)
PROBABILITIES = RANDOM.dirichlet((1, 1, 1), 40).astype("float32")


def test_label_smoothing_spreads_probability_over_all_classes() -> None:
    target = np.eye(3)[LABELS] * 0.7 + 0.1
    expected = -(target * np.log(PROBABILITIES)).sum(1).mean()
    assert float(make_loss(Loss(label_smoothing=0.3), CONTRACT)(LABELS, PROBABILITIES)) == pytest.approx(expected, 1e-5)


def test_loss_without_smoothing_is_cross_entropy() -> None:
    expected = -np.log(PROBABILITIES[np.arange(40), LABELS]).mean()
    assert float(make_loss(Loss(), CONTRACT)(LABELS, PROBABILITIES)) == pytest.approx(expected, 1e-5)


def test_auc_is_mean_over_classes_and_its_states_add_up() -> None:
    (whole,), (one,), (other,) = (make_metrics(("auc",), CONTRACT) for _ in range(3))
    whole.update_state(LABELS, PROBABILITIES)
    one.update_state(LABELS[:13], PROBABILITIES[:13])
    other.update_state(LABELS[13:], PROBABILITIES[13:])
    for mine, theirs in zip(one.variables, other.variables, strict=True):
        mine.assign_add(theirs.value)
    assert float(one.result()) == pytest.approx(float(whole.result()), abs=1e-7)
    assert float(whole.result()) == pytest.approx(
        np.mean([roc_area(k == LABELS, PROBABILITIES[:, k]) for k in range(3)]), abs=0.01
    )


def roc_area(positive: np.ndarray, score: np.ndarray) -> float:
    """Return the probability that a positive row scores higher than a negative one."""
    return float((score[positive][:, None] > score[~positive][None, :]).mean())


def test_metrics_ignore_padding() -> None:
    for metric in make_metrics(("accuracy", "top_5_accuracy", "auc"), CONTRACT):
        metric.update_state(LABELS, PROBABILITIES)
        expected = float(metric.result())
        metric.reset_state()
        padded = np.concatenate([LABELS, LABELS[:9]]), np.concatenate([PROBABILITIES, PROBABILITIES[9:18]])
        metric.update_state(*padded, sample_weight=np.r_[np.ones(40), np.zeros(9)])
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_metrics_have_configured_names() -> None:
    names = ("auc", "top_5_accuracy", "accuracy")
    assert tuple(metric.name for metric in make_metrics(names, CONTRACT)) == names
    assert isinstance(make_metrics(names, CONTRACT)[0], keras.metrics.AUC)


NUMBERS = CONTRACT.model_copy(update={"task": "regression", "classes": ()})
TRUE = RANDOM.normal(2, 3, 40).astype("float32")
PREDICTED = RANDOM.normal(2, 3, (40, 1)).astype("float32")


def test_regression_loss_is_weighted_mean_squared_error() -> None:
    weights = np.r_[np.ones(31), np.zeros(9)].astype("float32")
    expected = ((TRUE - PREDICTED[:, 0]) ** 2 * weights).sum() / 40
    assert float(make_loss(Loss(), NUMBERS)(TRUE, PREDICTED, sample_weight=weights)) == pytest.approx(expected, 1e-5)


def test_regression_metrics_are_exact_over_ranks_with_unequal_rows() -> None:
    errors = np.abs(TRUE - PREDICTED[:, 0]).astype("float64")
    expected = {"mean_absolute_error": errors.mean(), "root_mean_squared_error": math.sqrt((errors**2).mean())}
    one, other = (make_metrics(None, NUMBERS) for _ in range(2))
    assert [metric.name for metric in one] == list(expected)
    for mine, theirs in zip(one, other, strict=True):
        mine.update_state(TRUE[:7], PREDICTED[:7])
        padded = np.r_[TRUE[7:], TRUE[:5]], np.r_[PREDICTED[7:], PREDICTED[3:8]]
        theirs.update_state(*padded, sample_weight=np.r_[np.ones(33), np.zeros(5)])
        for variable, more in zip(mine.variables, theirs.variables, strict=True):
            variable.assign_add(more.value)
        assert float(mine.result()) == pytest.approx(expected[mine.name], 1e-5)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_vector_metrics_are_exact_over_ranks_with_unequal_rows(size: int) -> None:
    """Also where a batch has as many rows as a vector has components."""
    true, predicted = RANDOM.normal(2, 3, (2, 40, size)).astype("float32")
    column = Column(role="target", codec="raw", dtype="float32", shape=(size,))
    contract = Contract(columns={"label": column}, task="vector")
    errors = np.abs(true - predicted).astype("float64")
    expected = {"mean_absolute_error": errors.mean(), "root_mean_squared_error": math.sqrt((errors**2).mean())}
    one, other = (make_metrics(None, contract) for _ in range(2))
    for mine, theirs in zip(one, other, strict=True):
        mine.update_state(true[:7], predicted[:7], sample_weight=np.ones(7))
        padded = np.r_[true[7:], true[:5]], np.r_[predicted[7:], predicted[3:8]]
        theirs.update_state(*padded, sample_weight=np.r_[np.ones(33), np.zeros(5)])
        for variable, more in zip(mine.variables, theirs.variables, strict=True):
            variable.assign_add(more.value)
        assert float(mine.result()) == pytest.approx(expected[mine.name], 1e-5)
    weights = np.r_[np.ones(31), np.zeros(9)].astype("float32")
    loss = float(make_loss(Loss(), contract)(true, predicted, sample_weight=weights))
    assert loss == pytest.approx((errors[:31] ** 2).mean(1).sum() / 40, 1e-5)


def test_regression_loss_refuses_class_settings() -> None:
    with pytest.raises(ConfigurationError, match=r"train\.loss\.label_smoothing is for classes, but the table is"):
        make_loss(Loss(label_smoothing=0.1), NUMBERS)
    with pytest.raises(ConfigurationError, match=r"train\.loss\.class_weights is for classes"):
        make_loss(Loss(class_weights="balanced"), NUMBERS)


MANY = CONTRACT.model_copy(update={"task": "multi_label"})
TRUTH = (RANDOM.random((40, 3)) < 0.4).astype("float32")
GIVEN = RANDOM.random((40, 3)).astype("float32")


def test_multi_label_loss_is_binary_cross_entropy() -> None:
    for smoothing in (0.0, 0.2):
        target = TRUTH * (1 - smoothing) + smoothing / 2
        expected = -(target * np.log(GIVEN) + (1 - target) * np.log(1 - GIVEN)).mean()
        assert float(make_loss(Loss(label_smoothing=smoothing), MANY)(TRUTH, GIVEN)) == pytest.approx(expected, 1e-4)


def test_multi_label_metrics_over_ranks_equal_evaluation() -> None:
    names = ("binary_accuracy", "macro_f1", "micro_f1", "auc")
    judge = MultiLabel(MANY.classes)
    judge.add(EvaluationBatch(np.arange(40), TRUTH, np.zeros((40, 2)), GIVEN))
    expected = judge.metrics()["metrics"] | {"auc": judge.metrics()["metrics"]["roc_auc"]}
    for name, one, other in zip(names, make_metrics(names, MANY), make_metrics(names, MANY), strict=True):
        one.update_state(TRUTH[:13], GIVEN[:13])
        padded = np.r_[TRUTH[13:], TRUTH[:5]], np.r_[GIVEN[13:], GIVEN[:5]]
        other.update_state(*padded, sample_weight=np.r_[np.ones(27), np.zeros(5)])
        for mine, theirs in zip(one.variables, other.variables, strict=True):
            mine.assign_add(theirs.value)
        assert float(one.result()) == pytest.approx(expected[name], abs=0.01 if name == "auc" else 1e-6)


def test_means_over_classes_leave_out_classes_without_rows() -> None:
    """A class of the table that the rows of a split do not have says nothing of the model."""
    wider = MANY.model_copy(update={"classes": (*MANY.classes, "ghost")})
    truth, given = np.c_[TRUTH, np.zeros(40)], np.c_[GIVEN, RANDOM.random(40)].astype("float32")
    names = ("macro_f1", "auc")
    for known, padded in zip(make_metrics(names, MANY), make_metrics(names, wider), strict=True):
        assert float(padded.result()) == 0
        known.update_state(TRUTH, GIVEN)
        padded.update_state(truth, given)
        assert float(padded.result()) == pytest.approx(float(known.result()))


def test_probability_of_one_half_counts_as_positive() -> None:
    """Training and evaluation agree on this."""
    for metric in make_metrics(("binary_accuracy", "macro_f1"), MANY):
        metric.update_state(np.ones((2, 3)), np.full((2, 3), 0.5, "float32"))
        assert float(metric.result()) == pytest.approx(1)


def test_multi_label_refuses_class_weights_and_accuracy() -> None:
    with pytest.raises(ConfigurationError, match="any number of classes"):
        make_loss(Loss(class_weights="balanced"), MANY)
    with pytest.raises(ConfigurationError, match="expected some of binary_accuracy, macro_f1, micro_f1, auc"):
        make_metrics(("accuracy",), MANY)
