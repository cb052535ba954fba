"""A bundle holds everything needed to use a model, refuses changed files, and unpickles nothing."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from headrace import bundle
from headrace.errors import ConfigurationError, DataError
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.table import Version
from tests.support.small_bundle import CNN, OPTIONS, small_model, write_bundle
from tests.support.small_table import Content, some_images, some_rows, write_table

pytestmark = pytest.mark.tensorflow

FILES = ["bundle.json", "contract.json", "model.json", "model.py", "model.weights.h5", "origin.json"]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits={"train": some_rows(20)}))


@pytest.fixture(scope="module")
def written(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("written") / "bundle", version)


@pytest.fixture
def bundle_copy(written: Path, tmp_path: Path) -> Path:
    """Return a copy that the test may damage."""
    return Path(shutil.copytree(written, tmp_path / "bundle"))


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        bundle.load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_load_returns_written_bundle(version: Version, written: Path) -> None:
    loaded = bundle.load(written)
    assert loaded.contract == version.contract
    assert loaded.options == OPTIONS
    assert (loaded.origin.table, loaded.origin.data_version, loaded.origin.steps) == (str(version.table), 0, 10)
    assert loaded.origin.prepare.image.size == (8, 8)
    images = some_images(5)
    assert np.array_equal(loaded.model()(images), small_model(version)(images))


def test_bundle_consists_of_exactly_these_files(written: Path) -> None:
    assert sorted(file.name for file in written.iterdir()) == FILES


def test_bundle_has_the_weights_alone_and_training_continues(version: Version, tmp_path: Path) -> None:
    """Adam's state is no part of a bundle, so equal weights are equal files; the live model keeps it."""
    model = keras.Sequential(
        [keras.layers.Input((8, 8, 1)), keras.layers.Flatten(), *map(keras.layers.Dense, (500, 1000, 3))]
    )
    images, labels = some_images(20).astype("float32"), np.arange(20) % 3
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    model.fit(images, labels, verbose=0)
    weights = model.get_weights()
    first = write_bundle(tmp_path / "first", version, model) / bundle.WEIGHTS
    assert first.stat().st_size == pytest.approx(4 * model.count_params(), rel=0.03)

    slots = [variable.numpy() for variable in model.optimizer.variables]
    assert len(slots) > 2 * len(weights)
    model.fit(images, labels, verbose=0)
    assert int(model.optimizer.iterations) == 2
    model.set_weights(weights)
    second = write_bundle(tmp_path / "second", version, model) / bundle.WEIGHTS
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("name", FILES[1:])
def test_load_names_changed_file(bundle_copy: Path, name: str) -> None:
    data = bytearray((bundle_copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle_copy / name).write_bytes(bytes(data))
    assert f"{name} was changed" in refusal(bundle_copy)


@pytest.mark.parametrize("name", FILES[1:])
def test_load_names_missing_file(bundle_copy: Path, name: str) -> None:
    (bundle_copy / name).unlink()
    assert f"{name} is missing" in refusal(bundle_copy)


@pytest.mark.parametrize("name", ["weights.pkl", "model.keras", "extra.py"])
def test_load_names_unexpected_file(bundle_copy: Path, name: str) -> None:
    (bundle_copy / name).write_bytes(b"")
    assert f"{name} does not belong to it" in refusal(bundle_copy)


@pytest.mark.parametrize("name", ["evaluation/test.json", "__pycache__/model.cpython-311.pyc", ".nfs0001"])
def test_load_ignores_evaluations_caches_and_hidden_files(bundle_copy: Path, name: str) -> None:
    (bundle_copy / name).parent.mkdir(exist_ok=True)
    (bundle_copy / name).write_bytes(b"")
    bundle.load(bundle_copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["hashes"].clear(),
        lambda manifest: manifest["hashes"].pop("model.weights.h5"),
        lambda manifest: manifest["hashes"].update({"../x": "0" * 64}),
        lambda manifest: manifest["hashes"].update({"../x": manifest["hashes"].pop("model.py")}),
        lambda manifest: manifest.update(hashes=["model.py"]),
        lambda manifest: manifest.update(hashes=None),
    ],
)
def test_load_refuses_manifest_with_other_files(bundle_copy: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    (bundle_copy.parent / "x").write_bytes(b"")
    edit(bundle_copy / "bundle.json", change)
    assert "is not a bundle of this version of Headrace" in refusal(bundle_copy)


def test_load_names_the_bundle_of_a_run_and_a_missing_folder(bundle_copy: Path) -> None:
    run = bundle_copy.parent / "run"
    assert refusal(run).startswith(f"The bundle {run} does not exist")
    run.mkdir()
    bundle_copy.rename(run / "bundle")
    assert refusal(run) == f"{run} is not a bundle, but holds one; expected {run / 'bundle'}."


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff", b"7"])
def test_load_refuses_invalid_manifest(bundle_copy: Path, content: bytes) -> None:
    (bundle_copy / "bundle.json").write_bytes(content)
    assert "is not a bundle" in refusal(bundle_copy)


def test_load_refuses_manifest_with_non_text_hash(bundle_copy: Path) -> None:
    edit(bundle_copy / "bundle.json", lambda manifest: manifest["hashes"].update({"model.py": 7}))
    assert "model.py was changed" in refusal(bundle_copy)


def test_load_refuses_other_folder_file_and_missing_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "file", tmp_path / "nothing"):
        assert "`headrace train` writes a bundle to RUN/bundle" in refusal(path)


def rewrite(path: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a file and its hash, as another version of Headrace might have written them."""
    edit(path / name, change)
    digest = hashlib.sha256((path / name).read_bytes()).hexdigest()
    edit(path / "bundle.json", lambda manifest: manifest["hashes"].update({name: digest}))


@pytest.mark.parametrize(
    ("name", "key"), [("contract.json", "classes"), ("origin.json", "run"), ("model.json", "options")]
)
def test_load_refuses_file_without_required_key(bundle_copy: Path, name: str, key: str) -> None:
    rewrite(bundle_copy, name, lambda content: content.pop(key))
    assert "cannot be read" in refusal(bundle_copy)


def test_write_replaces_existing_bundle_and_its_evaluations(version: Version, bundle_copy: Path) -> None:
    (bundle_copy / "evaluation").mkdir()
    (bundle_copy / "evaluation" / "test.json").write_text("{}")
    write_bundle(bundle_copy, version, small_model(version, seed=1))
    assert sorted(file.name for file in bundle_copy.iterdir()) == FILES
    images = some_images(5)
    assert np.array_equal(bundle.load(bundle_copy).model()(images), small_model(version, seed=1)(images))
    assert [entry.name for entry in bundle_copy.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["thesis.tex", ".git", "model.py"])
def test_write_refuses_folder_with_other_files(version: Version, tmp_path: Path, name: str) -> None:
    precious = tmp_path / "home" / name
    precious.parent.mkdir()
    precious.write_text("years of work")
    with pytest.raises(ConfigurationError, match="the folder holds other files, which would be lost"):
        write_bundle(precious.parent, version)
    assert precious.read_text() == "years of work"


def test_write_refuses_bundle_with_added_files(version: Version, bundle_copy: Path) -> None:
    (bundle_copy / "notes.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="would be lost"):
        write_bundle(bundle_copy, version)
    assert (bundle_copy / "notes.txt").exists()


def test_write_refuses_to_replace_file(version: Version, tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("years of work")
    with pytest.raises(ConfigurationError, match="it is not a directory"):
        write_bundle(tmp_path / "bundle", version)


def test_failed_write_keeps_previous_bundle(version: Version, bundle_copy: Path) -> None:
    class Failing:
        def save_weights(self, path: Path) -> None:
            path.write_bytes(b"half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_bundle(bundle_copy, version, Failing())
    bundle.load(bundle_copy)
    assert [entry.name for entry in bundle_copy.parent.iterdir()] == ["bundle"]


PLAIN_KERAS = """
import importlib.util, json, pathlib, sys
for name in ("horovod", "petastorm", "pyspark", "pyarrow", "deltalake"):
    sys.modules[name] = None
import numpy as np
from headrace.contract import Contract
folder = pathlib.Path(sys.argv[1])
specification = importlib.util.spec_from_file_location("model", folder / "model.py")
module = importlib.util.module_from_spec(specification)
specification.loader.exec_module(module)
contract = Contract.model_validate_json((folder / "contract.json").read_text())
model = module.build(contract, **json.loads((folder / "model.json").read_text())["options"])
model.load_weights(folder / "model.weights.h5")
images = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(-1, *contract.input_shape)
sys.stdout.write(json.dumps(np.asarray(model(images)).tolist()))
"""

NO_PICKLES = """
import builtins, pathlib, pickle, sys
import numpy as np, tensorflow, keras, h5py
from headrace import bundle
def refuse(*words, **names):
    raise AssertionError("something was unpickled")
numpy_load = np.load
for module in (pickle, pickle._Unpickler, sys.modules["_pickle"]):
    for name in ("load", "loads", "Unpickler"):
        if hasattr(module, name):
            setattr(module, name, refuse)
np.load = refuse
bundle.load(sys.argv[1]).model()
"""


def run(program: str, folder: Path, data: bytes = b"") -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], input=data, capture_output=True, timeout=200, env=os.environ
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout.decode()


def test_plain_keras_loads_bundle_without_horovod_spark_and_petastorm(version: Version, bundle_copy: Path) -> None:
    images = some_images(5)
    predictions = json.loads(run(PLAIN_KERAS, bundle_copy, images.tobytes()))
    assert np.allclose(predictions, small_model(version)(images), atol=1e-6)
    bundle.load(bundle_copy)


def test_load_unpickles_nothing(bundle_copy: Path) -> None:
    run(NO_PICKLES, bundle_copy)


def test_bundle_files_are_neither_pickles_nor_archives(written: Path) -> None:
    for file in written.iterdir():
        head = file.read_bytes()[:4]
        assert not head.startswith((b"\x80", b"PK", b"\x1f\x8b")), file


@pytest.fixture
def write_text_bundle(version: Version, tmp_path: Path) -> Callable[[], Path]:
    """Return a function that writes a bundle whose contract names a tokenizer in the table's folder."""
    table = tmp_path / "table"
    table.mkdir()
    (table / "words.json").write_text('{"model": {}}')
    sha256 = hashlib.sha256((table / "words.json").read_bytes()).hexdigest()
    tokenizer = Tokenizer(kind="word", file="words.json", sha256=sha256, vocabulary_size=9, max_length=5)
    contract = version.contract.model_copy(update={"input_specs": {"image": TextSpec(tokenizer=tokenizer)}})
    origin = bundle.Origin(run="r", table=str(table), data_version=0, steps=1, weights_sha256="0", settings={})

    def write() -> Path:
        return bundle.write(tmp_path / "bundle", small_model(version), CNN, contract, OPTIONS, origin)

    return write


def test_text_bundle_includes_tokenizer(write_text_bundle: Callable[[], Path], tmp_path: Path) -> None:
    path = write_text_bundle()
    shutil.rmtree(tmp_path / "table")
    tokenizer = TextSpec.of(bundle.load(path).contract).tokenizer
    assert hashlib.sha256((path / tokenizer.file).read_bytes()).hexdigest() == tokenizer.sha256
    (path / "tokenizer.json").write_text("{}")
    assert "tokenizer.json was changed" in refusal(path)


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_write_refuses_missing_or_changed_tokenizer(
    write_text_bundle: Callable[[], Path], tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "table" / "words.json"
    file.unlink() if damage == "missing" else file.write_text("{}")
    with pytest.raises(DataError, match=r"The file .*words\.json .*restore it"):
        write_text_bundle()
    assert not (tmp_path / "bundle").exists()


def test_load_refuses_tokenizer_in_image_bundle(bundle_copy: Path) -> None:
    (bundle_copy / "tokenizer.json").write_text("{}")
    assert "tokenizer.json does not belong to it" in refusal(bundle_copy)
