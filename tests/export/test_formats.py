"""Every network gives the bundle's predictions in every format, for any number of rows and texts of any length."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import keras
import onnxruntime
import pytest
import tensorflow as tf

from headrace.bundle import Origin, write
from headrace.errors import ConfigurationError
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from headrace.export.formats import TOLERANCE, Format, Name
from headrace.export.job import export
from headrace.networks.network_build_and_checks import build_model
from headrace.table import Version, read
from tests.support.shipped_networks import (
    MASKS,
    MODELS,
    RECORDS,
    ROWS_OF_CELLS,
    SERIES,
    SMALL,
    SOUNDS,
    VECTORS,
    contract_for,
    vector_contract,
)
from tests.support.trained_bundles import table_for
from tests.support.trained_bundles import write as write_for

pytestmark = pytest.mark.tensorflow

Pair = tuple[Version, Path]


# Networks whose tables and bundles other tests make.
OTHERS = (*SERIES, *SOUNDS, *ROWS_OF_CELLS, *RECORDS, *VECTORS, *MASKS)


@pytest.fixture(scope="module", params=[path.stem for path in MODELS if path.stem not in OTHERS])
def pair(request: pytest.FixtureRequest, make_bundle: Callable[[str], Path]) -> Pair:
    """Return a table and the bundle of a network trained on it."""
    bundle = make_bundle(request.param)
    return read(bundle.parent / "table"), bundle


@pytest.mark.parametrize("name", get_args(Name))
def test_exported_model_gives_the_bundles_predictions(pair: Pair, name: Name, tmp_path: Path) -> None:
    version, bundle = pair
    result = export(bundle, tmp_path / "real", Format(name), version.table)
    assert operations_beyond_lite(tmp_path / "real") == []
    assert result["compared"] == count_test_rows(version)
    assert 0 <= result["greatest_difference"] <= TOLERANCE
    assert "test split" in result["compared_with"]
    if name == "onnx":
        assert open_dimensions(tmp_path / "real" / "model.onnx") <= {"rows", "length"}


def open_dimensions(file: Path) -> set[str]:
    """Return the names of dimensions of any size, of inputs and outputs."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    shapes = (value.shape for value in (*session.get_inputs(), *session.get_outputs()))
    return {size for shape in shapes for size in shape if isinstance(size, str)}


@pytest.mark.parametrize("name", get_args(Name))
def test_exported_model_of_windows_gives_the_bundles_predictions(name: Name, tmp_path: Path) -> None:
    path = next(path for path in MODELS if path.stem in SERIES)
    contract = contract_for(path, task="regression", classes=())
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings={})
    keras.utils.set_random_seed(1)
    model = build_model(path, contract, SMALL[path.stem])
    bundle = write(tmp_path / "bundle", model, path, contract, SMALL[path.stem], origin)
    result = export(bundle, tmp_path / "real", Format(name), None)
    assert operations_beyond_lite(tmp_path / "real") == []
    assert 0 <= result["greatest_difference"] <= TOLERANCE
    description = json.loads((tmp_path / "real" / "export.json").read_text())["input"]
    assert description["dtype"] == "float32"
    assert "warmth, wind" in description["meaning"]
    with pytest.raises(ConfigurationError, match="windows of numbers"):
        explain(bundle, tmp_path, tmp_path / "page.html", ExplainOptions())


@pytest.mark.parametrize("name", get_args(Name))
def test_exported_model_of_vectors_gives_the_bundles_vectors(name: Name, tmp_path: Path) -> None:
    path = next(path for path in MODELS if path.stem in VECTORS)
    contract = vector_contract(path)
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings={})
    keras.utils.set_random_seed(1)
    model = build_model(path, contract, SMALL[path.stem])
    bundle = write(tmp_path / "bundle", model, path, contract, SMALL[path.stem], origin)
    result = export(bundle, tmp_path / "real", Format(name), None)
    assert 0 <= result["greatest_difference"] <= TOLERANCE * 100
    output = json.loads((tmp_path / "real" / "export.json").read_text())["output"]
    assert output["name"] == "values"
    assert output["meaning"] == "(rows, 2): the predicted vector"


@pytest.mark.parametrize("name", get_args(Name))
def test_exported_model_of_masks_gives_the_bundles_probabilities(name: Name, tmp_path: Path) -> None:
    path = next(path for path in MODELS if path.stem in MASKS)
    contract = contract_for(path)
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings={})
    keras.utils.set_random_seed(1)
    model = build_model(path, contract, SMALL[path.stem])
    bundle = write(tmp_path / "bundle", model, path, contract, SMALL[path.stem], origin)
    result = export(bundle, tmp_path / "real", Format(name), None)
    assert operations_beyond_lite(tmp_path / "real") == []
    assert 0 <= result["greatest_difference"] <= TOLERANCE
    output = json.loads((tmp_path / "real" / "export.json").read_text())["output"]
    assert output["meaning"].startswith("(rows, 16, 12, 3): the probability of each class of each pixel")


@pytest.mark.parametrize("name", ["saved_model", "tflite"])
def test_exported_model_of_sounds_gives_the_bundles_predictions(name: Name, tmp_path: Path) -> None:
    result = export(write_sounds_bundle(tmp_path / "bundle"), tmp_path / "real", Format(name), None)
    assert 0 <= result["greatest_difference"] <= TOLERANCE
    description = json.loads((tmp_path / "real" / "export.json").read_text())["input"]
    assert description["dtype"] == "int16"
    assert "samples, 2000 per second" in description["meaning"]


def test_onnx_refuses_a_network_with_a_fourier_transform(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="RFFT"):
        export(write_sounds_bundle(tmp_path / "bundle"), tmp_path / "real", Format("onnx"), None)


def write_sounds_bundle(folder: Path) -> Path:
    """Write a bundle of a network for sounds, not trained, and return it."""
    path = next(path for path in MODELS if path.stem in SOUNDS)
    contract = contract_for(path)
    settings = {"audio": {"rate": 2000, "seconds": 0.5}, "input": "audio"}
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings=settings)
    keras.utils.set_random_seed(1)
    model = build_model(path, contract, SMALL[path.stem])
    return write(folder, model, path, contract, SMALL[path.stem], origin)


@pytest.mark.parametrize("options", [{"cell": "gru", "depth": 2}, {"cell": "lstm", "depth": 2, "bidirectional": False}])
@pytest.mark.parametrize("name", get_args(Name))
def test_recurrent_network_of_other_cells_and_depths_predicts_the_same(
    name: Name, options: dict[str, Any], tmp_path: Path
) -> None:
    """Layers that return every output, in both directions or one, give the bundle's predictions in every format."""
    version = table_for("rnn", tmp_path / "table")
    path = next(path for path in MODELS if path.stem == "rnn")
    keras.utils.set_random_seed(1)
    model = build_model(path, version.contract, SMALL["rnn"] | options)
    written = write_for(tmp_path / "bundle", path, model, version, SMALL["rnn"] | options)
    exported = export(written, tmp_path / "real", Format(name), version.table)
    assert 0 <= exported["greatest_difference"] <= TOLERANCE
    assert operations_beyond_lite(tmp_path / "real") == []


def operations_beyond_lite(folder: Path) -> list[str]:
    """Return the operations of an exported model for which TensorFlow Lite needs TensorFlow's kernels."""
    if not (folder / "model.tflite").exists():
        return []
    operations = tf.lite.Interpreter(str(folder / "model.tflite"))._get_ops_details()
    return sorted(operation["op_name"] for operation in operations if operation["op_name"].startswith("Flex"))


def count_test_rows(version: Version) -> int:
    """Return the number of rows in the test split."""
    return sum(version.summary.counts["test"].values())
