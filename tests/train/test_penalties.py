"""The loss of an epoch is the mean over rows, plus the penalties that layers add: to weights, activations, inputs."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from headrace.config import Configuration
from headrace.networks.network_build_and_checks import build_model
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, training_plan
from headrace.stream.tf_data_pipeline import Batches, evaluation_batches, training_batches
from headrace.table import Version
from headrace.train import job
from headrace.train.class_weights import class_weights
from tests.support.small_table import Content, some_rows, write_table

pytestmark = [pytest.mark.usefixtures("spark"), pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow]

NETWORK = """
import keras
import tensorflow as tf
from keras import layers, ops


class OwnStep(keras.Model):
    def train_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            predictions = self(x, training=True)
            loss = self.compute_loss(x, y, predictions, sample_weight)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
        return {"loss": loss, "own": self.compute_metrics(x, y, predictions, sample_weight)["accuracy"]}


class Thrifty(layers.Layer):
    def call(self, x):
        self.add_loss(0.3 * ops.mean(ops.square(x)))
        return x


def build(contract, kernel=None, activity=None, thrifty=False, own_step=False):
    inputs = keras.Input(contract.input_shape, dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(inputs))
    x = Thrifty()(x) if thrifty else x
    x = layers.Dense(4, activation="relu", kernel_regularizer=kernel, activity_regularizer=activity)(x)
    model = OwnStep if own_step else keras.Model
    return model(inputs, layers.Dense(contract.outputs, activation="softmax")(x))
"""
CASES: dict[str, dict[str, Any]] = {
    "none": {},
    "kernel_regularizer": {"kernel": "l2"},
    "activity_regularizer": {"activity": "l2"},
    "add_loss": {"thrifty": True},
    "all": {"kernel": "l2", "activity": "l2", "thrifty": True},
    "all, with a train_step of its own": {"kernel": "l2", "activity": "l2", "thrifty": True, "own_step": True},
}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Return a version whose splits do not fill the last step, so that some rows are padding."""
    splits = {"train": some_rows(37), "val": some_rows(13)}
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits=splits))


@pytest.fixture(scope="module")
def runs(version: Version, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """Train a run for each case on two ranks, which are launched once, with steps too small to change a weight."""
    from headrace.train.launch.spark_barrier_launcher import RankProgram, launch

    folder = tmp_path_factory.mktemp("penalties")
    (folder / "network.py").write_text(NETWORK)
    found = {name: RunFolder(folder / name) for name in CASES}
    for name, run in found.items():
        job._start_or_resume(run, configuration(version, folder / "network.py", run.path, CASES[name]))
    arguments = tuple(str(run.path) for run in found.values())
    received: list[dict[str, Any]] = []
    program = RankProgram(module="tests.models.contract_rank", arguments=arguments, logs=folder / "logs")
    launch(spark, 2, program, received.append)
    said = [json.loads(message["text"]) for message in received if message["kind"] == "message"]
    assert [message["text"] for message in said if message["kind"] == "error"] == []
    return found


def test_weights_that_steps_do_not_change_get_a_warning(runs: dict[str, RunFolder]) -> None:
    logs = (runs["none"].path.parent / "logs" / "rank-0.log").read_text()
    assert "The weights dense/kernel, dense_1/kernel did not change in the 5 updates of epoch 1" in logs


def configuration(version: Version, network: Path, run: Path, options: dict[str, Any]) -> Configuration:
    """Return a configuration with class weights, so that the mean over rows is not that over weights."""
    return Configuration.model_validate(
        {
            "data": {"source": {"kind": "folder", "path": "raw"}, "table": str(version.table)},
            "model": {"file": str(network), "options": options},
            "train": {
                "run": str(run), "ranks": 2, "batch_size": 4, "epochs": 1,
                "optimizer": {"name": "sgd", "learning_rate": 1e-30}, "loss": {"class_weights": {"bag": 3.0}},
            },
        }
    )  # fmt: skip


def expected_loss(model: keras.Model, ranks: list[Batches]) -> float:
    """Return the sum of weighted losses over rows, divided by rows, plus the mean penalty over the ranks' steps."""
    total, penalties, plan = 0.0, [], ranks[0].stream.plan
    for batches in ranks:
        for inputs, labels, weights in batches.steps(0, 0, 1):
            probabilities = np.asarray(model(inputs))
            chosen = probabilities[np.arange(len(probabilities)), labels.numpy()]
            total -= float((np.log(chosen) * weights.numpy()).sum())
            penalties.append(float(sum(model.losses, start=0.0)))
    return total / plan.rows + float(np.mean(penalties))


@pytest.mark.parametrize("name", CASES)
def test_epoch_loss_has_mean_of_rows_and_penalties(name: str, runs: dict[str, RunFolder], version: Version) -> None:
    """Two ranks report what a plain loop computes, for training and for validation."""
    record = runs[name].record()
    assert isinstance(record, RunRecord)
    settings = record.configuration
    keras.utils.set_random_seed(settings.train.seed)
    model = build_model(runs[name].model_file, version.contract, CASES[name])
    lines = [json.loads(line) for line in runs[name].metrics_file.read_text().splitlines()]
    (epoch,) = [line for line in lines if line["kind"] == "epoch"]
    plan = training_plan(version, "train", record.global_batch, record.lanes, settings.train.seed)
    weights = class_weights(settings.train.loss, version.contract, version.summary.counts["train"])
    training = [training_batches(version, plan, settings.stream, rank, 2, weights) for rank in range(2)]
    assert epoch["loss"] == pytest.approx(expected_loss(model, training), rel=1e-5)
    plan = evaluation_plan(version, "val", record.global_batch, 2)
    validation = [evaluation_batches(version, "val", plan, settings.stream, rank, 2) for rank in range(2)]
    assert epoch["val_loss"] == pytest.approx(expected_loss(model, validation), rel=1e-5)


def correct_rows(model: keras.Model, ranks: list[Batches]) -> int:
    """Return how many rows are predicted correctly, whatever they weigh; padding has weight 0."""
    correct = 0
    for batches in ranks:
        for inputs, labels, weights in batches.steps(0, 0, 1):
            hits = np.asarray(model(inputs)).argmax(1) == labels.numpy()
            correct += int(hits[weights.numpy() > 0].sum())
    return correct


def test_accuracy_counts_rows_whatever_their_class_weighs(runs: dict[str, RunFolder], version: Version) -> None:
    """Class weights change the loss and no metric, so that training and validation accuracy can be compared."""
    record = runs["none"].record()
    assert isinstance(record, RunRecord)
    settings = record.configuration
    keras.utils.set_random_seed(settings.train.seed)
    model = build_model(runs["none"].model_file, version.contract, CASES["none"])
    lines = [json.loads(line) for line in runs["none"].metrics_file.read_text().splitlines()]
    (epoch,) = [line for line in lines if line["kind"] == "epoch"]
    plan = training_plan(version, "train", record.global_batch, record.lanes, settings.train.seed)
    weights = class_weights(settings.train.loss, version.contract, version.summary.counts["train"])
    training = [training_batches(version, plan, settings.stream, rank, 2, weights) for rank in range(2)]
    assert epoch["accuracy"] * plan.rows == pytest.approx(correct_rows(model, training), abs=1e-4)
    assert all(line["accuracy"] * 4 == pytest.approx(round(line["accuracy"] * 4), abs=1e-4) for line in lines[:1])
    plan = evaluation_plan(version, "val", record.global_batch, 2)
    validation = [evaluation_batches(version, "val", plan, settings.stream, rank, 2) for rank in range(2)]
    assert epoch["val_accuracy"] * plan.rows == pytest.approx(correct_rows(model, validation), abs=1e-4)


def test_metrics_log_reports_loss_without_its_parts(runs: dict[str, RunFolder]) -> None:
    """The sum that separates rows from penalties is in no line."""
    lines = [json.loads(line) for line in runs["all"].metrics_file.read_text().splitlines()]
    assert all("row_loss_sum" not in name for line in lines for name in line)


def test_penalties_differ_from_case_to_case(runs: dict[str, RunFolder]) -> None:
    """Each kind of penalty is larger than the tolerance of the tests above; a step that does as Keras's adds none."""
    losses = {json.loads(run.metrics_file.read_text().splitlines()[-1])["loss"] for run in runs.values()}
    assert len({round(loss, 3) for loss in losses}) == len(CASES) - 1
