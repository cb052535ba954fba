"""Every network in every format gives the bundle's answers, for any number of rows and texts of any length."""

import json
from pathlib import Path
from typing import Any, get_args

import keras
import pytest
import tensorflow as tf

from headrace.bundle import Origin, write
from headrace.errors import ConfigurationError
from headrace.explain.job import explain
from headrace.explain.options import ExplainOptions
from headrace.export.formats import TOLERANCE, Format, Name
from headrace.export.job import export
from headrace.networks.source import build_model
from headrace.table import Version
from tests.models.test_networks import MODELS, SERIES, SMALL, contract_for
from tests.support.trained_bundles import table_for, trained
from tests.support.trained_bundles import write as write_for

Pair = tuple[Version, Path]


@pytest.fixture(scope="module", params=[path.stem for path in MODELS if path.stem not in SERIES])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A table, and the bundle of a network that was trained on it."""
    folder = tmp_path_factory.mktemp(request.param)
    version = table_for(request.param, folder / "table")
    return version, trained(request.param, version, folder / "bundle")


@pytest.mark.parametrize("name", get_args(Name))
def test_it_gives_the_bundles_answers(pair: Pair, name: Name, tmp_path: Path) -> None:
    version, bundle = pair
    real = export(bundle, tmp_path / "real", Format(name), version.table)
    assert operations_beyond_lite(tmp_path / "real") == []
    assert real["compared"] == len_of_test(version)
    assert 0 <= real["greatest_difference"] <= TOLERANCE
    assert "test split" in real["compared_with"]


@pytest.mark.parametrize("name", get_args(Name))
def test_of_windows_too(name: Name, tmp_path: Path) -> None:
    path = next(path for path in MODELS if path.stem in SERIES)
    contract = contract_for(path, task="regression", classes=())
    origin = Origin(run="r", table="t", data_version=0, steps=0, weights_sha256="0" * 64, settings={})
    keras.utils.set_random_seed(1)
    model = build_model(path, contract, SMALL[path.stem])
    bundle = write(tmp_path / "bundle", model, path, contract, SMALL[path.stem], origin)
    made = export(bundle, tmp_path / "real", Format(name), None)
    assert operations_beyond_lite(tmp_path / "real") == []
    assert 0 <= made["greatest_difference"] <= TOLERANCE
    meaning = json.loads((tmp_path / "real" / "export.json").read_text())["input"]
    assert meaning["dtype"] == "float32"
    assert "warmth, wind" in meaning["meaning"]
    with pytest.raises(ConfigurationError, match="windows of numbers"):
        explain(bundle, tmp_path, tmp_path / "page.html", ExplainOptions())


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
    """Names of the operations of an exported model for which TensorFlow Lite needs TensorFlow's kernels."""
    if not (folder / "model.tflite").exists():
        return []
    operations = tf.lite.Interpreter(str(folder / "model.tflite"))._get_ops_details()
    return sorted(operation["op_name"] for operation in operations if operation["op_name"].startswith("Flex"))


def len_of_test(version: Version) -> int:
    return sum(version.summary.counts["test"].values())
