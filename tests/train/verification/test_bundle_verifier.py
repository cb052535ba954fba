"""A bundle is published only if another process, with no files but the bundle's, gives the model's outputs."""

import re
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from headrace import bundle
from headrace.config.sections.streaming import Stream
from headrace.errors import TrainingError
from headrace.networks.source import build_model
from headrace.table import Version
from headrace.train.verification.bundle_verifier import BundleVerifier
from headrace.train.verification.fresh_process import FreshProcess
from tests.support.small_table import Content, some_rows, write_table
from tests.train.verification.user_networks import FAITHFUL, UNFAITHFUL

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    splits = {"train": some_rows(20), "val": some_rows(37)}
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits=splits))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of this process, which holds a file of the user's."""
    folder = tmp_path_factory.mktemp("working")
    (folder / "words.txt").write_text("7\n")
    return folder


@pytest.fixture(scope="module")
def process(folder: Path) -> Iterator[FreshProcess]:
    """One process for all tests, as its start takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SCALE", "3")
        started = FreshProcess()
        yield started
        started.close()


def built(source: str, folder: Path, version: Version, precision: str = "float32") -> keras.Model:
    """The network, with weights other than its initial ones, as after a training."""
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


def publish(model: keras.Model, folder: Path, target: Path, version: Version, verifier: BundleVerifier) -> Path:
    origin = bundle.Origin(
        run="run",
        table=str(version.table),
        data_version=0,
        steps=1,
        weights_sha256="",
        settings=version.summary.settings,
    )
    file = folder / "network.py"
    return bundle.write(target, model, file, version.contract, {}, origin, verifier.verify)


@pytest.mark.parametrize("name", FAITHFUL)
def test_a_bundle_that_is_the_model_is_published(
    name: str, version: Version, folder: Path, process: FreshProcess, tmp_path: Path
) -> None:
    model = built(FAITHFUL[name], folder, version)
    verifier = BundleVerifier(model, version, Stream(), "float32", process)
    verifier.require_usable_outputs()
    publish(model, folder, tmp_path / "bundle", version, verifier)
    assert (tmp_path / "bundle" / bundle.MANIFEST).exists()


@pytest.mark.parametrize("name", UNFAITHFUL)
def test_a_bundle_that_is_not_the_model_is_not_published_and_the_sentence_says_why(
    name: str, version: Version, folder: Path, process: FreshProcess, tmp_path: Path
) -> None:
    source, sentence = UNFAITHFUL[name]
    model = built(source, folder, version)
    verifier = BundleVerifier(model, version, Stream(), "float32", process)
    with pytest.raises(TrainingError) as refused:
        publish(model, folder, tmp_path / "bundle", version, verifier)
    expected = sentence.replace("{file}", str(folder / "words.txt")).replace("{folder}", str(folder))
    assert re.search(expected, str(refused.value)), str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())
