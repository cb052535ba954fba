"""A bundle holds all that is needed to use a model, refuses to load changed, and runs no pickles."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace import bundle
from headrace.contract import Tokenizer
from headrace.errors import ConfigurationError, DataError
from headrace.table import Version
from tests.support.small_bundle import CNN, OPTIONS, small_model, write_bundle
from tests.support.small_table import Content, some_images, some_rows, write_table

FILES = ["bundle.json", "contract.json", "model.json", "model.py", "model.weights.h5", "origin.json"]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits={"train": some_rows(20)}))


@pytest.fixture(scope="module")
def written(version: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("written") / "bundle", version)


@pytest.fixture
def mine(written: Path, tmp_path: Path) -> Path:
    """A copy that the test may damage."""
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


def test_what_was_written_is_loaded(version: Version, written: Path) -> None:
    loaded = bundle.load(written)
    assert loaded.contract == version.contract
    assert loaded.options == OPTIONS
    assert (loaded.origin.table, loaded.origin.data_version, loaded.origin.steps) == (str(version.table), 0, 10)
    assert loaded.origin.prepare.image.size == (8, 8)
    images = some_images(5)
    assert np.array_equal(loaded.model()(images), small_model(version)(images))


def test_a_bundle_is_these_files(written: Path) -> None:
    assert sorted(file.name for file in written.iterdir()) == FILES


@pytest.mark.parametrize("name", FILES[1:])
def test_a_changed_file_is_refused_by_its_name(mine: Path, name: str) -> None:
    data = bytearray((mine / name).read_bytes())
    data[len(data) // 2] ^= 1
    (mine / name).write_bytes(bytes(data))
    assert f"{name} was changed" in refusal(mine)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_missing_file_is_refused_by_its_name(mine: Path, name: str) -> None:
    (mine / name).unlink()
    assert f"{name} is missing" in refusal(mine)


@pytest.mark.parametrize("name", ["weights.pkl", "model.keras", "extra.py"])
def test_an_added_file_is_refused_by_its_name(mine: Path, name: str) -> None:
    (mine / name).write_bytes(b"")
    assert f"{name} does not belong to it" in refusal(mine)


@pytest.mark.parametrize("name", ["evaluation/test.json", "__pycache__/model.cpython-311.pyc", ".nfs0001"])
def test_what_evaluation_python_and_file_systems_leave_there_is_no_damage(mine: Path, name: str) -> None:
    (mine / name).parent.mkdir(exist_ok=True)
    (mine / name).write_bytes(b"")
    bundle.load(mine)


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
def test_a_manifest_that_names_other_files_is_refused(mine: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    (mine.parent / "x").write_bytes(b"")
    edit(mine / "bundle.json", change)
    assert "is not a bundle of this version of Headrace" in refusal(mine)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff", b"7"])
def test_a_manifest_that_is_none_is_refused(mine: Path, content: bytes) -> None:
    (mine / "bundle.json").write_bytes(content)
    assert "is not a bundle" in refusal(mine)


def test_a_manifest_whose_hashes_are_no_text_is_refused(mine: Path) -> None:
    edit(mine / "bundle.json", lambda manifest: manifest["hashes"].update({"model.py": 7}))
    assert "model.py was changed" in refusal(mine)


def test_a_foreign_folder_a_file_and_nothing_are_no_bundles(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "file", tmp_path / "nothing"):
        assert "`headrace train` makes one" in refusal(path)


def rewrite(path: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a file and its hash, as another version of Headrace might have written them."""
    import hashlib

    edit(path / name, change)
    digest = hashlib.sha256((path / name).read_bytes()).hexdigest()
    edit(path / "bundle.json", lambda manifest: manifest["hashes"].update({name: digest}))


@pytest.mark.parametrize(
    ("name", "key"), [("contract.json", "classes"), ("origin.json", "run"), ("model.json", "options")]
)
def test_a_file_without_what_it_should_say_is_refused(mine: Path, name: str, key: str) -> None:
    rewrite(mine, name, lambda content: content.pop(key))
    assert "cannot be read" in refusal(mine)


def test_a_bundle_in_the_way_is_replaced_with_its_evaluations(version: Version, mine: Path) -> None:
    (mine / "evaluation").mkdir()
    (mine / "evaluation" / "test.json").write_text("{}")
    write_bundle(mine, version, small_model(version, seed=1))
    assert sorted(file.name for file in mine.iterdir()) == FILES
    images = some_images(5)
    assert np.array_equal(bundle.load(mine).model()(images), small_model(version, seed=1)(images))
    assert [entry.name for entry in mine.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["thesis.tex", ".git", "model.py"])
def test_a_folder_with_other_files_is_never_replaced(version: Version, tmp_path: Path, name: str) -> None:
    precious = tmp_path / "home" / name
    precious.parent.mkdir()
    precious.write_text("years of work")
    with pytest.raises(ConfigurationError, match="the folder holds other files, which would be lost"):
        write_bundle(precious.parent, version)
    assert precious.read_text() == "years of work"


def test_a_bundle_to_which_a_user_has_added_files_is_never_replaced(version: Version, mine: Path) -> None:
    (mine / "notes.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="would be lost"):
        write_bundle(mine, version)
    assert (mine / "notes.txt").exists()


def test_a_file_in_the_way_is_never_replaced(version: Version, tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("years of work")
    with pytest.raises(ConfigurationError, match="it is no folder"):
        write_bundle(tmp_path / "bundle", version)


def test_a_bundle_that_cannot_be_written_leaves_the_one_before(version: Version, mine: Path) -> None:
    class Failing:
        def save_weights(self, path: Path) -> None:
            path.write_bytes(b"half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_bundle(mine, version, Failing())
    bundle.load(mine)
    assert [entry.name for entry in mine.parent.iterdir()] == ["bundle"]


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


def test_plain_keras_uses_a_bundle_where_no_horovod_spark_or_petastorm_is(version: Version, mine: Path) -> None:
    images = some_images(5)
    answers = json.loads(run(PLAIN_KERAS, mine, images.tobytes()))
    assert np.allclose(answers, small_model(version)(images), atol=1e-6)
    bundle.load(mine)


def test_loading_a_bundle_unpickles_nothing(mine: Path) -> None:
    run(NO_PICKLES, mine)


def test_no_file_of_a_bundle_is_a_pickle_or_an_archive(written: Path) -> None:
    for file in written.iterdir():
        head = file.read_bytes()[:4]
        assert not head.startswith((b"\x80", b"PK", b"\x1f\x8b")), file


@pytest.fixture
def of_text(version: Version, tmp_path: Path) -> Callable[[], Path]:
    """Writes a bundle whose contract names a tokenizer, which lies in the table's folder."""
    table = tmp_path / "table"
    table.mkdir()
    (table / "words.json").write_text('{"model": {}}')
    sha256 = hashlib.sha256((table / "words.json").read_bytes()).hexdigest()
    tokenizer = Tokenizer(kind="word", file="words.json", sha256=sha256, vocabulary_size=9, max_length=5)
    contract = version.contract.model_copy(update={"tokenizer": tokenizer})
    origin = bundle.Origin(run="r", table=str(table), data_version=0, steps=1, weights_sha256="0", settings={})

    def write() -> Path:
        return bundle.write(tmp_path / "bundle", small_model(version), CNN, contract, OPTIONS, origin)

    return write


def test_a_bundle_for_text_brings_its_tokenizer(of_text: Callable[[], Path], tmp_path: Path) -> None:
    path = of_text()
    shutil.rmtree(tmp_path / "table")
    tokenizer = bundle.load(path).contract.tokenizer
    assert tokenizer is not None
    assert hashlib.sha256((path / tokenizer.file).read_bytes()).hexdigest() == tokenizer.sha256
    (path / "tokenizer.json").write_text("{}")
    assert "tokenizer.json was changed" in refusal(path)


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_tokenizer_that_is_not_the_table_s_is_refused(
    of_text: Callable[[], Path], tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "table" / "words.json"
    file.unlink() if damage == "missing" else file.write_text("{}")
    with pytest.raises(DataError, match=r"The tokenizer .*words\.json .*restore it"):
        of_text()
    assert not (tmp_path / "bundle").exists()


def test_a_tokenizer_in_a_bundle_of_images_does_not_belong_to_it(mine: Path) -> None:
    (mine / "tokenizer.json").write_text("{}")
    assert "tokenizer.json does not belong to it" in refusal(mine)
