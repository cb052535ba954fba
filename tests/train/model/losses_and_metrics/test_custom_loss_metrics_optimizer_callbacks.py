"""The loss, metrics and optimizer of a network's file are used, or refused before the first step."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from headrace.config.sections.training import Loss, Optimizer, Train
from headrace.errors import ConfigurationError
from headrace.train.model.losses_and_metrics.custom_loss_and_metrics_padding_check import require_padding_invariant
from headrace.train.model.losses_and_metrics.custom_loss_metrics_optimizer_callbacks import (
    CustomObjective,
    load_custom_objective,
)
from headrace.train.model.optimizer_from_settings import make_optimizer
from tests.support.shipped_networks import MODELS, contract_for

pytestmark = pytest.mark.tensorflow

CONTRACT = contract_for(next(path for path in MODELS if path.stem == "cnn"))
NUMBERS = CONTRACT.model_copy(update={"task": "regression", "classes": ()})
BUILD = "import keras\nfrom keras import ops\n\n\ndef build(contract):\n    return None\n\n\n"
FOCAL = """
def loss(contract):
    def focal(y_true, y_pred):
        target = ops.one_hot(ops.cast(y_true, "int32"), len(contract.classes))
        return keras.losses.categorical_focal_crossentropy(target, y_pred)
    return focal
"""


def read(folder: Path, text: str, contract: Any = CONTRACT, **settings: Any) -> CustomObjective:
    """Return what a file with `text` defines."""
    (folder / "net.py").write_text(BUILD + text)
    return load_custom_objective(folder / "net.py", contract, Train(run="run", **settings))


def refused(folder: Path, text: str, contract: Any = CONTRACT, **settings: Any) -> str:
    """Return the message with which a file is refused."""
    with pytest.raises(ConfigurationError) as raised:
        require_padding_invariant(read(folder, text, contract, **settings), ("accuracy",))
    return str(raised.value)


def test_file_without_functions_changes_nothing(tmp_path: Path) -> None:
    custom = read(tmp_path, "from keras import losses, metrics, optimizers\n")
    require_padding_invariant(custom, ("accuracy",))
    assert (custom.loss(), custom.metrics(), custom.optimizer(0.1)) == (None, [], None)


def test_function_becomes_a_mean_over_weighted_rows(tmp_path: Path) -> None:
    custom = read(tmp_path, FOCAL)
    require_padding_invariant(custom, ("accuracy",))
    loss = custom.loss()
    assert loss is not None
    truth, answers = np.array([0, 2]), np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], np.float32)
    expected = keras.losses.categorical_focal_crossentropy(np.eye(3, dtype="f4")[truth], answers)
    assert float(loss(truth, answers)) == pytest.approx(float(np.mean(expected)), 1e-5)
    assert float(loss(truth, answers, sample_weight=[1, 0])) == pytest.approx(float(expected[0]) / 2, 1e-5)
    assert loss.name == "focal"


@pytest.mark.parametrize("name", ["Huber", "MeanAbsoluteError", "LogCosh"])
def test_losses_of_keras_are_exact(tmp_path: Path, name: str) -> None:
    require_padding_invariant(read(tmp_path, f"def loss(contract):\n    return keras.losses.{name}()\n", NUMBERS), ())


def test_metrics_of_keras_that_are_sums_are_exact(tmp_path: Path) -> None:
    text = """
def metrics(contract):
    return [keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2"), keras.metrics.SparseCategoricalCrossentropy()]
"""
    custom = read(tmp_path, text)
    require_padding_invariant(custom, ("accuracy",))
    assert [metric.name for metric in custom.metrics()] == ["top_2", "sparse_categorical_crossentropy"]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("[keras.callbacks.BackupAndRestore('x')]", "a BackupAndRestore: Headrace writes checkpoints"),
        ("[keras.callbacks.ModelCheckpoint('x.keras')]", "a ModelCheckpoint: Headrace writes checkpoints"),
        ("[keras.callbacks.EarlyStopping(restore_best_weights=True)]", "set train.monitor.patience"),
        ("keras.callbacks.TerminateOnNaN()", "returned TerminateOnNaN; expected a list of keras.callbacks.Callback"),
        ("[print]", "expected a list of keras.callbacks.Callback"),
        ("None", "returned nothing"),
    ],
)
def test_callbacks_that_cannot_be_used_are_refused(tmp_path: Path, made: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        read(tmp_path, f"def callbacks(contract):\n    return {made}\n").callbacks()


def test_optimizer_gets_the_rate_and_is_scaled_in_half_precision(tmp_path: Path) -> None:
    text = "def optimizer(contract, rate):\n    return keras.optimizers.Adam(rate, beta_1=0.5)\n"
    made = read(tmp_path, text).optimizer(0.25)
    assert made is not None
    assert float(made.learning_rate) == 0.25
    scaled = make_optimizer(Optimizer(), 0.25, "mixed_float16", made)
    assert isinstance(scaled, keras.optimizers.LossScaleOptimizer)
    assert scaled.inner_optimizer is made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def loss(y_true, y_pred):\n    return 0\n", "`loss` in {} takes (y_true, y_pred); a function of this name"),
        ("def loss(contract):\n    pass\n", "`loss` in {} returned nothing; add `return`"),
        ("def loss(contract):\n    return 3\n", "returned int; expected a keras.losses.Loss or a function"),
        ("def loss(contract):\n    return contract.zzz\n", "`loss` in {} failed at line 10: `return contract.zzz`"),
        ("def metrics(contract):\n    return keras.metrics.Mean()\n", "expected a list of keras.metrics.Metric"),
        ("def metrics(contract):\n    return ['auc']\n", "returned str; expected a list of keras.metrics.Metric"),
        (
            "def loss(contract):\n    return lambda t, p: p[:, 0] - ops.mean(p[:, 0])\n",
            "gives a row another value if other rows are in its batch",
        ),
        (
            "def loss(contract):\n    return lambda t, p: ops.mean(p) + 0.0\n",
            "gives values of shape () for 24 rows; expected one value for each row",
        ),
        (
            "def metrics(contract):\n    return [keras.metrics.SparseCategoricalAccuracy(name='accuracy')]\n",
            "returned a metric 'accuracy', and another has this name",
        ),
        (
            "class Bad(keras.metrics.Mean):\n    def update_state(self, t, p, sample_weight=None):\n"
            "        super().update_state(p[:, 0])\n\n\ndef metrics(contract):\n    return [Bad(name='bad')]\n",
            "The metric 'bad' of `metrics` in {} is",
        ),
        (
            "def metrics(contract):\n    return [keras.metrics.MeanSquaredError(name='e')]\n",
            "The metric 'e' of `metrics` in {} failed at",
        ),
    ],
)
def test_wrong_function_is_refused_with_its_name(tmp_path: Path, text: str, message: str) -> None:
    assert message.format(tmp_path / "net.py") in refused(tmp_path, text)


def test_metric_whose_states_cannot_be_added_is_refused_with_both_numbers(tmp_path: Path) -> None:
    """The adjusted R2Score counts rows, padding included; the plain one does not."""
    text = "def metrics(contract):\n    return [keras.metrics.R2Score(name='r2'{})]\n"
    require_padding_invariant(read(tmp_path, text.format(""), NUMBERS), ())
    message = refused(tmp_path, text.format(", num_regressors=3"), NUMBERS)
    assert "over three padded batches and" in message
    assert "its states cannot be added up over ranks" in message


@pytest.mark.parametrize(
    ("text", "settings", "key"),
    [
        (FOCAL, {"loss": Loss(label_smoothing=0.1)}, "train.loss.label_smoothing would have no effect"),
        (FOCAL, {"loss": Loss(negatives="batch")}, "train.loss.negatives would have no effect"),
        (
            "def metrics(contract):\n    pass\n",
            {"loss": Loss(negatives="batch")},
            "would see the items of a batch only, as train.loss.negatives is batch",
        ),
        (
            "def optimizer(contract, rate):\n    pass\n",
            {"optimizer": Optimizer(name="sgd")},
            "train.optimizer.name would",
        ),
        (
            "def optimizer(contract, rate):\n    pass\n",
            {"optimizer": Optimizer(accumulate_steps=2)},
            "accumulate_steps",
        ),
    ],
)
def test_setting_without_effect_is_refused(tmp_path: Path, text: str, settings: dict[str, Any], key: str) -> None:
    assert key in refused(tmp_path, text, **settings)
