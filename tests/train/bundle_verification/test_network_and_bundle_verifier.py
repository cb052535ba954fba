"""A bundle is published only if another process, with no files but the bundle's, gives the model's outputs."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import psutil
import pytest

from headrace import bundle
from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.errors import ConfigurationError, TrainingError
from headrace.networks.network_build_and_checks import build_model
from headrace.table import Version
from headrace.train.bundle_verification.network_and_bundle_verifier import (
    NetworkAndBundleVerifier,
    _warn_of_distant_labels,
)
from headrace.train.bundle_verification.verification_process_client import VerificationProcess
from tests.stream.small_text import some_texts, write_texts
from tests.support.small_table import Content, some_rows, write_table
from tests.train.bundle_verification.user_networks import FAITHFUL, UNFAITHFUL, network

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    splits = {"train": some_rows(20), "val": some_rows(37)}
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits=splits))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the working directory of this process, which holds a file of the user's."""
    folder = tmp_path_factory.mktemp("working")
    (folder / "words.txt").write_text("7\n")
    return folder


@pytest.fixture(scope="module")
def process(folder: Path) -> Iterator[VerificationProcess]:
    """Start one process for all tests, as its start takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SCALE", "3")
        started = VerificationProcess()
        yield started
        started.close()


def built(source: str, folder: Path, version: Version, precision: str = "float32") -> keras.Model:
    """Return the network with weights other than its initial ones, as after a training."""
    file = folder / "network.py"
    file.write_text(source.replace("{file}", str(folder / "words.txt")))
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy(precision)
    model = build_model(file, version.contract, {})
    keras.config.set_dtype_policy("float32")
    model(np.zeros((2, *version.contract.input_shape), "uint8"))
    for weight in model.weights:
        if weight.trainable or "moving" in weight.path:
            weight.assign_add(keras.random.uniform(weight.shape, 0.01, 0.1))
    return model


def verifier_for(
    model: keras.Model, version: Version, process: VerificationProcess, precision: str = "float32"
) -> NetworkAndBundleVerifier:
    """Return the verifier of `model`."""
    return NetworkAndBundleVerifier(model, version, Stream(), precision, process)


def publish(
    model: keras.Model, folder: Path, target: Path, version: Version, verifier: NetworkAndBundleVerifier | None
) -> Path:
    """Write the bundle as training does."""
    origin = bundle.Origin(
        run="run",
        table=str(version.table),
        data_version=0,
        steps=1,
        weights_sha256="",
        settings=version.summary.settings,
    )
    file = folder / "network.py"
    return bundle.write(target, model, file, version.contract, {}, origin, verifier and verifier.verify)


@pytest.mark.parametrize("name", FAITHFUL)
def test_faithful_bundle_is_published(
    name: str, version: Version, folder: Path, process: VerificationProcess, tmp_path: Path
) -> None:
    model = built(FAITHFUL[name], folder, version)
    verifier = verifier_for(model, version, process)
    verifier.require_usable_outputs()
    publish(model, folder, tmp_path / "bundle", version, verifier)
    assert (tmp_path / "bundle" / bundle.MANIFEST).exists()


@pytest.mark.parametrize("name", UNFAITHFUL)
def test_unfaithful_bundle_is_refused_with_reason(
    name: str, version: Version, folder: Path, process: VerificationProcess, tmp_path: Path
) -> None:
    source, sentence = UNFAITHFUL[name]
    model = built(source, folder, version)
    verifier = verifier_for(model, version, process)
    with pytest.raises(TrainingError) as refused:
        publish(model, folder, tmp_path / "bundle", version, verifier)
    expected = sentence.replace("{file}", str(folder / "words.txt")).replace("{folder}", str(folder))
    assert re.search(expected, str(refused.value)), str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_existing_bundle_stays_where_another_is_refused(
    version: Version, folder: Path, process: VerificationProcess, tmp_path: Path
) -> None:
    """A failed verification loses nothing."""
    model = built(FAITHFUL["plain"], folder, version)
    publish(model, folder, tmp_path / "bundle", version, verifier_for(model, version, process))
    before = (tmp_path / "bundle" / bundle.MANIFEST).read_bytes()
    model = built(UNFAITHFUL["tf.Variable"][0], folder, version)
    with pytest.raises(TrainingError):
        publish(model, folder, tmp_path / "bundle", version, verifier_for(model, version, process))
    assert (tmp_path / "bundle" / bundle.MANIFEST).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_bundle_in_half_precision_is_published(
    precision: str, version: Version, folder: Path, process: VerificationProcess, tmp_path: Path
) -> None:
    """It is loaded in the precision of training, and in that of prediction."""
    model = built(FAITHFUL["batch normalization"], folder, version, precision)
    publish(model, folder, tmp_path / "bundle", version, verifier_for(model, version, process, precision))
    unfaithful = built(UNFAITHFUL["random constant"][0], folder, version, precision)
    with pytest.raises(TrainingError, match="first layer that differs"):
        publish(unfaithful, folder, tmp_path / "other", version, verifier_for(unfaithful, version, process, precision))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (network("pass", activation="linear"), r"range from .* activation=contract.output_activation.* 'softmax'"),
        (network("pass", activation="sigmoid"), "those of a row add up to .*, not to 1"),
        (UNFAITHFUL["dropout at inference"][0], r"a second pass over the same rows gives other outputs.* \(Dropout\)"),
        (UNFAITHFUL["tf.Variable"][0], r"does not know all variables of .*\(Block\) as weights of the model"),
    ],
)
def test_network_with_unusable_outputs_is_refused_before_training(
    source: str, sentence: str, version: Version, folder: Path, process: VerificationProcess
) -> None:
    """The freshly built model is asked about a batch, twice."""
    model = built(source, folder, version)
    with pytest.raises(ConfigurationError, match=sentence):
        verifier_for(model, version, process).require_usable_outputs()


@pytest.mark.parametrize(
    "body",
    [
        "x = x - ops.mean(x, axis=0)",
        "x = x / (ops.max(x) + 0.001)",
        "x = layers.Flatten()(layers.MelSpectrogram(64, 32, power_to_db=True, top_db=1.0)(x)) / 100",
    ],
    ids=["mean of the batch", "maximum of the batch", "decibels"],
)
def test_network_whose_rows_depend_on_each_other_is_refused_before_training(
    body: str, version: Version, folder: Path, process: VerificationProcess
) -> None:
    """Evaluation and prediction have other batches, and would give other outputs for the same rows."""
    model = built(network(body), folder, version)
    with pytest.raises(ConfigurationError, match="the outputs of a row depend on the other rows of its batch"):
        verifier_for(model, version, process).require_usable_outputs()


TEXT_NETWORK = """
import keras
from keras import layers

def build(contract):
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(contract.require("text").tokenizer.vocabulary_size, 4{masked})(tokens)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(tokens, layers.Dense(contract.outputs, activation=contract.output_activation)(x))
"""


def text_verifier(masked: str, tmp_path: Path, buckets: tuple[int, ...] | None = None) -> NetworkAndBundleVerifier:
    """Return the verifier of a network that takes the mean of the words' vectors."""
    version = write_texts(tmp_path / "texts", some_texts(50))
    (tmp_path / "network.py").write_text(TEXT_NETWORK.replace("{masked}", masked))
    model = build_model(tmp_path / "network.py", version.contract, {})
    return NetworkAndBundleVerifier(model, version, Stream(buckets=buckets), "float32", None)


def test_network_whose_outputs_depend_on_padding_is_refused_unless_all_texts_have_one_length(tmp_path: Path) -> None:
    """A batch is padded to its longest text, so that a row's answer would depend on the rows beside it."""
    with pytest.raises(ConfigurationError, match=r"mask_zero=True.*or pad every text .* stream.buckets=\[100\]"):
        text_verifier("", tmp_path).require_usable_outputs()
    text_verifier(", mask_zero=True", tmp_path).require_usable_outputs()
    text_verifier("", tmp_path, (100,)).require_usable_outputs()


def test_network_with_nan_before_training_gets_only_a_warning(
    version: Version, folder: Path, process: VerificationProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """Random weights may give NaN where trained ones do not."""
    model = built(UNFAITHFUL["NaN"][0], folder, version)
    verifier_for(model, version, process).require_usable_outputs()
    assert "not all finite before training" in caplog.text


@pytest.mark.parametrize(("outputs", "labels", "warned"), [(0.2, 1e9, True), (0.2, 40.0, False), (9e8, 1e9, False)])
def test_labels_far_from_the_outputs_get_a_warning(
    outputs: float, labels: float, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The training would end where it began, with metrics that only look bad."""
    _warn_of_distant_labels(np.full((8, 1), outputs, np.float32), np.full(8, labels, np.float32))
    assert ("The labels are about 1.000e+09, and the outputs" in caplog.text) == warned


def test_verifier_leaves_state_of_random_layers_unchanged(
    version: Version, folder: Path, process: VerificationProcess
) -> None:
    """A resumed run asks the model more often than an undisturbed one, and must train alike."""
    model = built(UNFAITHFUL["dropout at inference"][0], folder, version)
    seeds = [variable for variable in model.variables if "seed" in variable.path]
    before = [variable.numpy().tolist() for variable in seeds]
    assert before
    with pytest.raises(ConfigurationError):
        verifier_for(model, version, process).require_usable_outputs()
    assert [variable.numpy().tolist() for variable in seeds] == before


@pytest.mark.parametrize("name", ["sublayers in _layers", "random constant", "file"])
def test_early_check_refuses_bundle_while_training_begins(
    name: str, version: Version, folder: Path, process: VerificationProcess
) -> None:
    """What saving loses is named although the model has been trained further meanwhile."""
    source, sentence = UNFAITHFUL[name]
    model = built(source, folder, version)
    verifier = verifier_for(model, version, process)
    verifier.start_early_check(lambda target: publish(model, folder, target, version, None))
    model.trainable_weights[0].assign_add(np.ones(model.trainable_weights[0].shape))
    while not process.has_answered:
        verifier.poll(keep=True)
        time.sleep(0.05)
    expected = sentence.replace("{file}", str(folder / "words.txt"))
    with pytest.raises(TrainingError, match=expected):
        verifier.poll(keep=True)


def test_early_check_of_faithful_bundle_ends_its_process(version: Version, folder: Path) -> None:
    """The process takes 280 MB; another one is started for the last bundle."""
    process = VerificationProcess()
    model = built(FAITHFUL["plain"], folder, version)
    verifier = verifier_for(model, version, process)
    verifier.start_early_check(lambda target: publish(model, folder, target, version, None))
    while process.scratch.exists():
        verifier.poll(keep=False)
        time.sleep(0.05)
    assert not psutil.pid_exists(process.pid)
    assert verifier.start() is not process
    verifier.close()


def test_lost_process_is_reported(version: Version, folder: Path, tmp_path: Path) -> None:
    """A bundle that nobody loaded is not published."""
    process = VerificationProcess()
    os.kill(process.pid, signal.SIGKILL)
    model = built(FAITHFUL["plain"], folder, version)
    with pytest.raises(TrainingError, match=r"ended with signal 9 \(Killed\), so the bundle is not kept"):
        publish(model, folder, tmp_path / "bundle", version, verifier_for(model, version, process))
    process.close()
    assert not list(tmp_path.iterdir())
