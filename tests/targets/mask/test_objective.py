"""Losses and metrics of masks: Keras's own and those of a network's file, or one sentence."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from headrace.config.sections.training import Loss, Train
from headrace.errors import ConfigurationError
from headrace.targets.mask.objective import make_loss
from headrace.train.model.losses_and_metrics.custom_loss_and_metrics_padding_check import require_padding_invariant
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import (
    CustomObjective,
    load_custom_objective,
)
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum
from headrace.train.validate_settings import require_loss
from tests.support.shipped_networks import MASKS, MODELS, contract_for

pytestmark = pytest.mark.tensorflow

CONTRACT = contract_for(next(path for path in MODELS if path.stem in MASKS))
BUILD = "import keras\nfrom keras import ops\n\n\ndef build(contract):\n    return None\n\n\n"
DICE = """
def loss(contract):
    def dice(y_true, y_pred):
        target = ops.one_hot(ops.cast(y_true, "int32"), len(contract.classes))
        return 1 - ops.mean(2 * ops.sum(target * y_pred, (1, 2)) / ops.sum(target + y_pred, (1, 2)), -1)
    return dice
"""


def objective(folder: Path, text: str = "", **settings: Any) -> CustomObjective:
    (folder / "net.py").write_text(BUILD + text)
    return load_custom_objective(folder / "net.py", CONTRACT, Train(run="run", **settings))


@pytest.mark.parametrize("name", ["CategoricalFocalCrossentropy", "SparseCategoricalCrossentropy", "KLDivergence"])
def test_losses_of_keras_are_exact(name: str, tmp_path: Path) -> None:
    require_padding_invariant(objective(tmp_path, loss=Loss(name=name)), ("mean_iou",))


@pytest.mark.parametrize("name", ["SparseCategoricalAccuracy", "CategoricalAccuracy", "AUC"])
def test_metrics_of_keras_are_exact(name: str, tmp_path: Path) -> None:
    require_padding_invariant(objective(tmp_path, keras_metrics={name: {}}), ("mean_iou",))


def test_loss_of_rows_is_refused(tmp_path: Path) -> None:
    """The weights of pixels would be multiplied along another axis than that of the rows."""
    with pytest.raises(ConfigurationError, match=r"shape \(24,\) for 24 rows; expected one value for each pixel, of"):
        require_padding_invariant(objective(tmp_path, DICE), ("mean_iou",))


def test_class_weights_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="each pixel of a mask has one; remove it, or name a loss"):
        require_loss(Loss(class_weights="balanced"), CONTRACT)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_loss_of_a_row_is_the_mean_over_its_pixels(smoothing: float) -> None:
    random = np.random.default_rng(2)
    true, odds = random.integers(0, 3, (5, 16, 12)), random.random((5, 16, 12, 3)).astype("f4")
    predicted = odds / odds.sum(-1, keepdims=True)
    weights = np.ones(true.shape, "f4")
    weights[3:] = 0
    settings = Loss(label_smoothing=smoothing)
    total = RowLossSum(make_loss(settings, CONTRACT))
    total.update_state(true, predicted, sample_weight=keras.ops.convert_to_tensor(weights))
    target = np.eye(3)[true] * (1 - smoothing) + smoothing / 3
    rows = -(target * np.log(predicted)).sum(-1).mean((1, 2))
    assert float(total.result()) == pytest.approx(rows[:3].sum(), rel=1e-5)
    mean = make_loss(settings, CONTRACT)(true, predicted, sample_weight=weights)
    assert float(mean) == pytest.approx(rows[:3].sum() / 5, rel=1e-5)
