"""Settings of `train`, each on two real ranks."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from headrace import bundle
from headrace.runs.run_folder import RunFolder
from headrace.train import checkpoint
from tests.support.commands import CommandResult, headrace_within
from tests.train.bundle_verification.user_networks import network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("spark"),
    pytest.mark.spark,
    pytest.mark.horovod,
    pytest.mark.tensorflow,
]


def epoch_records(run: str) -> list[dict[str, Any]]:
    """Return the epoch lines of the metrics log."""
    lines = [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == "epoch"]


STOPPING = (
    "train.epochs=20",
    "train.metrics=[accuracy, auc, top_5_accuracy]",
    "train.monitor={metric: val_auc, min_delta: 1.0, patience: 2}",
    # Its bundle has the moving averages of the weights.
    "train.optimizer.options={use_ema: true, ema_momentum: 0.9}",
    "train.run=stopped",
)


@pytest.fixture(scope="module")
def stopped(validated: Path) -> CommandResult:
    """Train a run that stops early: only its first epoch counts as an improvement."""
    return headrace_within("train", "conf.yaml", *STOPPING, cwd=validated)


@pytest.fixture(scope="module")
def stopped_run(stopped: CommandResult) -> dict[str, Any]:
    """Return the result of that run."""
    return stopped.json


def test_train_stops_early_after_patience_and_says_which_epoch_is_in_the_bundle(stopped: CommandResult) -> None:
    sentence = (
        "Stopped early after epoch 3: val_auc has not improved since epoch 1; the bundle has the weights of epoch 1."
    )
    assert sentence in stopped.stderr
    result = stopped.json
    assert (result["steps"], result["best_epoch"], result["bundle_epoch"]) == (24, 1, 1)
    assert result["metrics"].items() <= epoch_records(result["run"])[0].items()
    assert bundle.load(result["bundle"]).origin.steps == 8


def test_last_checkpoint_has_the_last_epoch_where_the_bundle_has_the_best(stopped_run: dict[str, Any]) -> None:
    """A run with more epochs continues from there."""
    folder = RunFolder(stopped_run["run"])
    last, best = checkpoint.load_latest(folder.checkpoints), checkpoint.load_latest(folder.best)
    assert last is not None
    assert best is not None
    assert (last.step, best.step) == (24, 8)
    assert not np.array_equal(last.state[0], best.state[0])


def test_bundle_has_weights_of_best_epoch_with_metrics_of_one_process(
    stopped_run: dict[str, Any], validated: Path
) -> None:
    best = epoch_records(stopped_run["run"])[0]
    headrace_within("predict", stopped_run["bundle"], "raw/val", "answers", cwd=validated)
    rows = pq.read_table(validated / "answers").to_pandas()
    classes = bundle.load(stopped_run["bundle"]).contract.classes
    labels = np.array([classes.index(path.split("/")[0]) for path in rows["path"]])
    probabilities = np.stack(rows["probabilities"].to_list())
    assert len(labels) == 199
    oracle = keras.metrics.AUC(multi_label=True, num_labels=len(classes))
    oracle.update_state(np.eye(len(classes))[labels], probabilities)
    assert best["val_auc"] == pytest.approx(float(oracle.result()), abs=1e-6)
    assert best["val_accuracy"] == pytest.approx((probabilities.argmax(1) == labels).mean(), abs=1e-6)
    top_5 = np.mean([label in np.argsort(row)[-5:] for label, row in zip(labels, probabilities, strict=True)])
    assert best["val_top_5_accuracy"] == pytest.approx(top_5, abs=1e-6)


def test_validation_loss_and_accuracy_equal_evaluate(stopped_run: dict[str, Any], validated: Path) -> None:
    best = epoch_records(stopped_run["run"])[0]
    words = ("evaluate", stopped_run["bundle"], "--table", "table", "--split", "val")
    oracle = headrace_within(*words, cwd=validated).json
    assert oracle["rows"] % 128
    assert best["val_accuracy"] == pytest.approx(oracle["metrics"]["accuracy"], abs=1e-6)
    assert best["val_loss"] == pytest.approx(oracle["metrics"]["loss"], abs=1e-5)


def test_run_that_stopped_early_is_complete(stopped_run: dict[str, Any], validated: Path) -> None:
    """It is complete even when its result is lost, which a driver killed at the last moment can cause."""
    Path(stopped_run["run"], "result.json").unlink()
    again = headrace_within("train", "conf.yaml", *STOPPING, cwd=validated).json
    assert (again["steps"], again["weights_sha256"]) == (24, stopped_run["weights_sha256"])
    assert again["metrics"] == stopped_run["metrics"]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            ("train.precision=mixed_bfloat16", "train.compression=bf16", "train.loss.label_smoothing=0.1"),
            id="bfloat16",
            marks=pytest.mark.long,
        ),
        # float16 scales the loss; bfloat16 does not need that.
        pytest.param(
            ("train.precision=mixed_float16", "train.compression=fp16", "train.loss.class_weights=balanced"),
            id="float16",
        ),
    ],
)
def test_half_precision_learns(own: Path, words: tuple[str, ...]) -> None:
    warm = "train.optimizer.schedule={scale_by_ranks: linear, warmup_epochs: 1, kind: cosine}"
    trained = headrace_within("train", "conf.yaml", "train.epochs=6", warm, *words, cwd=own).json
    first, *_, last = epoch_records(trained["run"])
    assert last["accuracy"] > max(0.3, first["accuracy"])
    judged = headrace_within("evaluate", trained["bundle"], "--table", "table", cwd=own).json
    assert judged["metrics"]["accuracy"] > 0.3


@pytest.mark.long
def test_synchronized_batch_norm_learns(own: Path) -> None:
    network = own / "models" / "cnn.py"
    network.write_text(
        network.read_text().replace("layers.Flatten(),", "layers.BatchNormalization(), layers.Flatten(),")
    )
    words = ("train", "conf.yaml", "train.epochs=4", "train.synchronized_batch_norm=true")
    trained = headrace_within(*words, cwd=own).json
    assert epoch_records(trained["run"])[-1]["accuracy"] > 0.3


def test_non_finite_loss_ends_training_and_names_rows(own: Path) -> None:
    words = ("train.optimizer={name: sgd, learning_rate: 1.0e+30}", "train.checkpoint_every_steps=1")
    answer = headrace_within("train", "conf.yaml", *words, cwd=own, code=4)
    assert "is not finite" in answer.last_error_line
    assert "train.optimizer.learning_rate" in answer.last_error_line
    files = sorted((own / "run" / "non-finite").iterdir())
    assert [file.name[-11:] for file in files] == ["rank-0.json", "rank-1.json"]
    told = [json.loads(file.read_text()) for file in files]
    rows = [row for one in told for row in one["rows"]]
    assert len(set(rows)) == len(rows) == 128
    newest = max((own / "run" / "checkpoints").iterdir())
    assert int(newest.name[5:]) == told[0]["step"] - 1
    with np.load(newest / "state.npz") as state:
        assert all(np.isfinite(state[name]).all() for name in state.files)


def test_fine_tune_copies_layers_and_keeps_frozen_ones(trained: dict[str, Any], own: Path) -> None:
    """Once there is a checkpoint, the run continues without the pretrained bundle."""
    shutil.copytree(trained["bundle"], own / "pretrained")
    words = ("train", "conf.yaml", "train.fine_tune={bundle: pretrained, freeze: ['conv*']}", "model.options.dense=24")
    first = headrace_within(*words, cwd=own)
    shutil.rmtree(own / "pretrained")
    tuned = headrace_within(*words, "train.epochs=2", cwd=own)
    before, after = (bundle.load(made["bundle"]).model() for made in (trained, tuned.json))
    convolutions = [index for index, layer in enumerate(before.layers) if "conv" in layer.name]
    assert len(convolutions) == 2
    for index in convolutions:
        for old, new in zip(before.layers[index].get_weights(), after.layers[index].get_weights(), strict=True):
            assert np.array_equal(old, new)
    assert "newly initialised layers: dense, dense_1" in first.stderr
    assert "Resuming from the checkpoint of step 10" in tuned.stderr
    # The bundle records what its initial weights were trained on.
    pretrained, origin = (bundle.load(made["bundle"]).origin for made in (trained, tuned.json))
    assert (origin.ancestors, bool(origin.table_id)) == (pretrained.trained_on, True)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("train.monitor.metric=val_auc", "expected one of loss, accuracy; the table has no validation split"),
        ("train.fine_tune={bundle: nowhere}", "nowhere does not exist"),
        ("train.loss.class_weights={hat: 2}", "names hat"),
        ("train.optimizer.schedule.kind=stop", "`train.optimizer.schedule.kind`"),
    ],
)
def test_train_refuses_unsuitable_setting_in_one_sentence(own: Path, word: str, told: str) -> None:
    answer = headrace_within("train", "conf.yaml", word, cwd=own, code=3 if "nowhere" in word else 2)
    assert told in answer.last_error_line
    assert "Traceback" not in answer.stderr


# Keras trains what is in its own `_layers` and does not save it; the same initial values come from the seed.
UNSAVED = """
class Unsaved(layers.Layer):
    def __init__(self):
        super().__init__()
        self._layers = [layers.Dense(8, kernel_initializer=keras.initializers.GlorotUniform(seed=1))]

    def build(self, shape):
        self._layers[0].build(shape)
        self.built = True

    def call(self, x):
        return self._layers[0](x)
"""


@pytest.mark.parametrize(
    ("source", "code", "sentence"),
    [
        (network("pass", activation="linear"), 2, "its outputs are not probabilities"),
        (network("x = Unsaved()(x)", UNSAVED), 4, "unsaved/dense/bias have other values after loading"),
    ],
    ids=["logits", "weights that Keras does not save"],
)
def test_network_with_unfaithful_bundle_is_refused(own: Path, source: str, code: int, sentence: str) -> None:
    """Logits are refused before the first step, lost weights with all checkpoints intact; no bundle appears."""
    (own / "models" / "cnn.py").write_text(source)
    refused = headrace_within("train", "conf.yaml", "model.options={}", "train.ranks=1", cwd=own, code=code)
    assert sentence in refused.last_error_line
    assert len(list((own / "run").glob("checkpoints/step-*"))) == (2 if code == 4 else 0)
    assert not list((own / "run").glob("*bundle*"))


CUSTOM = """

def loss(contract):
    def focal(y_true, y_pred):
        target = keras.ops.one_hot(keras.ops.cast(y_true, "int32"), len(contract.classes))
        return keras.losses.categorical_focal_crossentropy(target, y_pred)

    return focal


def metrics(contract):
    return [keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2")]


def optimizer(contract, rate):
    return keras.optimizers.Lion(rate)
"""


def predict_validation(path: str, folder: Path, output: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the class number of each raw validation image, and its probabilities by a bundle: (rows, classes)."""
    headrace_within("predict", path, "raw/val", output, cwd=folder)
    rows = pq.read_table(folder / output).to_pandas()
    classes = bundle.load(path).contract.classes
    truth = rows["path"].map(lambda name: classes.index(name.split("/")[0])).to_numpy()
    return truth, np.stack(rows["probabilities"].to_list())


def test_named_loss_and_metric_of_keras_train_on_two_ranks(validated: Path) -> None:
    loss = "train.loss={name: CategoricalFocalCrossentropy, options: {gamma: 3.0}}"
    metric = "train.keras_metrics={F1Score: {average: macro}}"
    settings = ("train.run=named", "train.optimizer.learning_rate=0.001", "train.epochs=2", loss, metric)
    result = headrace_within("train", "conf.yaml", *settings, cwd=validated).json
    last = epoch_records(result["run"])[-1]
    truth, found = predict_validation(result["bundle"], validated, "named_answers")
    own = found[np.arange(len(truth)), truth]
    assert last["val_loss"] == pytest.approx(np.mean(-0.25 * (1 - own) ** 3 * np.log(own)), rel=1e-3)
    assert last["val_f1_score"] == pytest.approx(f1_score(truth, found.argmax(1), average="macro"), abs=1e-6)


def test_loss_metrics_and_optimizer_of_the_network_file_train_on_two_ranks(validated: Path) -> None:
    file = validated / "models/custom.py"
    file.write_text((validated / "models/cnn.py").read_text() + CUSTOM)
    settings = ("model.file=models/custom.py", "train.run=custom", "train.optimizer.learning_rate=0.001")
    result = headrace_within("train", "conf.yaml", *settings, "train.epochs=4", cwd=validated).json
    last = epoch_records(result["run"])[-1]
    truth, found = predict_validation(result["bundle"], validated, "custom_answers")
    expected = np.mean([label in best for label, best in zip(truth, np.argsort(found)[:, -2:], strict=True)])
    assert last["val_top_2"] == pytest.approx(expected, abs=1e-6)
    own = found[np.arange(len(truth)), truth]
    assert last["val_loss"] == pytest.approx(np.mean(-0.25 * (1 - own) ** 2 * np.log(own)), rel=1e-3)
    assert last["val_accuracy"] > 0.4


CALLBACKS = """

import os


class StopOfOneRank(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if os.environ["HOROVOD_RANK"] == "1" and self.params["epochs"] and self.epoch == 1 and batch == 0:
            self.model.stop_training = True

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch


def callbacks(contract):
    return [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
        keras.callbacks.CSVLogger("FOLDER/epochs.csv"),
        StopOfOneRank(),
    ]
"""


def test_callbacks_of_the_network_file_train_on_two_ranks(validated: Path) -> None:
    """One rank asks for a stop in the second of four epochs: both end after it, with equal weights and exact logs."""
    file = validated / "models/callbacks.py"
    file.write_text((validated / "models/cnn.py").read_text() + CALLBACKS.replace("FOLDER", str(validated)))
    settings = (
        "model.file=models/callbacks.py",
        "train.run=callbacks",
        "train.epochs=4",
        "train.optimizer.learning_rate=0.05",
    )
    done = headrace_within("train", "conf.yaml", *settings, cwd=validated)
    assert "A callback stopped the training after epoch 2; the bundle has the weights of epoch 2." in done.stderr
    assert done.json["stopped_early"]
    epochs = epoch_records(done.json["run"])
    logged = pd.read_csv(validated / "epochs.csv")
    assert len(epochs) == len(logged) == 2
    assert logged["val_accuracy"].to_list() == pytest.approx([one["val_accuracy"] for one in epochs])
    assert logged["learning_rate"].to_list() == pytest.approx([0.025, 0.0125], rel=1e-5)
