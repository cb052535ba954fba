"""Keras losses and metrics that the configuration names are made, tried, and fit the targets of the task."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from headrace.config.sections.training import Loss, Train
from headrace.errors import ConfigurationError
from headrace.train.model.losses_and_metrics.custom_loss_and_metrics_padding_check import require_padding_invariant
from headrace.train.validate_settings import require_loss
from tests.train.model.losses_and_metrics.test_custom_loss_metrics_optimizer_callbacks import (
    CONTRACT,
    FOCAL,
    NUMBERS,
    read,
    refused,
)

pytestmark = pytest.mark.tensorflow

TRUTH = np.array([0, 2, 1])
ANSWERS = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.3, 0.3, 0.4]], np.float32)
COLUMNS = np.eye(3, dtype=np.float32)[TRUTH]


def focal(**options: Any) -> Loss:
    """Return the settings of a focal loss."""
    return Loss(name="CategoricalFocalCrossentropy", options=options)


def test_loss_of_columns_takes_class_numbers(tmp_path: Path) -> None:
    custom = read(tmp_path, "", loss=focal(gamma=3.0))
    require_padding_invariant(custom, ("accuracy",))
    loss = custom.loss()
    assert loss is not None
    expected = keras.losses.CategoricalFocalCrossentropy(gamma=3.0, reduction="none")(COLUMNS, ANSWERS)
    assert float(loss(TRUTH, ANSWERS)) == pytest.approx(float(np.mean(expected)), 1e-5)
    assert float(loss(TRUTH, ANSWERS, sample_weight=[1, 0, 0])) == pytest.approx(float(expected[0]) / 3, 1e-5)


@pytest.mark.parametrize("name", ["SparseCategoricalCrossentropy", "CategoricalCrossentropy"])
def test_losses_of_class_numbers_and_of_columns_are_equal(tmp_path: Path, name: str) -> None:
    loss = read(tmp_path, "", loss=Loss(name=name)).loss()
    assert loss is not None
    expected = -np.log(ANSWERS[np.arange(3), TRUTH]).mean()
    assert float(loss(TRUTH, ANSWERS)) == pytest.approx(expected, 1e-5)


@pytest.mark.parametrize("name", ["Huber", "LogCosh", "MeanAbsoluteError"])
def test_losses_of_numbers_are_exact(tmp_path: Path, name: str) -> None:
    require_padding_invariant(read(tmp_path, "", NUMBERS, loss=Loss(name=name)), ())


def test_metrics_have_their_arguments_and_count_every_row(tmp_path: Path) -> None:
    named = {"F1Score": {"average": "macro"}, "SparseTopKCategoricalAccuracy": {"k": 2, "name": "top_2"}, "AUC": {}}
    custom = read(tmp_path, "", keras_metrics=named)
    require_padding_invariant(custom, ("accuracy",))
    f1, top_2, area = custom.metrics()
    assert [metric.name for metric in (f1, top_2, area)] == ["f1_score", "top_2", "auc"]
    expected = keras.metrics.F1Score(average="macro")
    expected.update_state(COLUMNS, ANSWERS)
    f1.update_state(TRUTH, ANSWERS)
    assert float(f1.result()) == pytest.approx(float(expected.result()), 1e-6)
    f1.reset_state()
    f1.update_state(TRUTH[:2], ANSWERS[:2])
    assert float(f1.result()) == pytest.approx(2 / 3, 1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": Loss(name="CategoricalFocal")}, "train.loss names 'CategoricalFocal', and Keras has none of this"),
        ({"loss": Loss(name="Loss")}, "train.loss names 'Loss', and Keras has none"),
        ({"loss": focal(gama=2)}, "train.loss: Keras does not make CategoricalFocalCrossentropy with the options"),
        ({"keras_metrics": {"F1": {}}}, "train.keras_metrics names 'F1', and Keras has none"),
        ({"keras_metrics": {"F1Score": {}}}, "'f1_score' of train.keras_metrics is 3 numbers; expected one"),
        ({"keras_metrics": {"SparseCategoricalAccuracy": {"name": "accuracy"}}}, "a metric 'accuracy', and another"),
    ],
)
def test_what_keras_does_not_have_is_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    assert message in refused(tmp_path, "", **settings)


def test_what_two_places_decide_is_refused(tmp_path: Path) -> None:
    assert "train.loss.name would have no effect" in refused(tmp_path, FOCAL, loss=focal())
    metrics = "def metrics(contract):\n    return []\n"
    assert "train.keras_metrics would have no effect" in refused(tmp_path, metrics, keras_metrics={"AUC": {}})
    with pytest.raises(ConfigurationError, match="label_smoothing would have no effect, as train.loss.name names a"):
        require_loss(Loss(name="Huber", label_smoothing=0.1), CONTRACT)
    with pytest.raises(ConfigurationError, match="train.loss.options are arguments of a loss that train.loss.name"):
        require_loss(Loss(options={"gamma": 2}), CONTRACT)
    assert Train(run="run").keras_metrics == {}
