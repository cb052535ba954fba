"""Locations go through every command: prepared, trained on two ranks, evaluated, predicted and exported."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from headrace.convert.decoded_shard_rows import arrow_rows
from headrace.table import read
from tests.support.commands import headrace_within
from tests.support.workspace import make_once

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.usefixtures("spark")]

ROWS, BAD = 400, 3
NETWORK = '''"""A network of locations."""
import keras

def build(contract):
    places = keras.Input(contract.input_shape, dtype=contract.model_dtype)
    x = keras.layers.Dense(16, "relu")(places)
    return keras.Model(places, keras.layers.Dense(contract.outputs, contract.output_activation)(x))
'''
CONF: dict[str, Any] = {
    "data": {
        "source": {"kind": "table", "format": "csv", "path": "stations.csv", "columns": {"label": "half"}},
        "table": "table",
    },
    "prepare": {"input": "geo", "geo": {"latitude": "lat", "longitude": "lon"}},
    "model": {"file": "places.py"},
    "train": {"run": "run", "ranks": 2, "epochs": 8, "batch_size": 32, "optimizer": {"learning_rate": 0.02}},
}


def make_project(folder: Path) -> None:
    """Write stations of the northern and the southern half, prepare them and train on two ranks."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    latitudes, longitudes = random.uniform(-80, 80, ROWS), random.uniform(-180, 180, ROWS)
    rows = pd.DataFrame({"lat": latitudes, "lon": longitudes, "height": 1.0})
    rows["half"] = np.where(rows.lat > 0, "north", "south")
    bad = pd.DataFrame({"lat": [95.0, 12.0, None], "lon": [10.0, 400.0, 7.0], "height": 1.0, "half": "north"})
    pd.concat([rows, bad]).to_csv(folder / "stations.csv", index=False)
    (folder / "places.py").write_text(NETWORK)
    (folder / "conf.yaml").write_text(yaml.safe_dump(CONF))
    prepared = headrace_within("prepare", "conf.yaml", cwd=folder)
    (folder / "prepared.json").write_text(json.dumps(prepared.json))
    trained = headrace_within("train", "conf.yaml", cwd=folder)
    (folder / "trained.json").write_text(json.dumps(trained.json))


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    """Return the folder of the project."""
    return make_once(shared / "geo", make_project)


def test_rows_are_features_of_the_places_and_others_are_rejected(project: Path) -> None:
    prepared, version = json.loads((project / "prepared.json").read_text()), read(project / "table")
    assert (prepared["rows_in"], prepared["written"], prepared["rejected"]) == (ROWS + BAD, ROWS, BAD)
    given = pd.read_csv(project / "stations.csv").iloc[:ROWS]
    stored = pa.concat_tables([arrow_rows(version, shard, decode=True) for shard in version.shards])
    for name in ("lat", "lon"):
        assert np.allclose(np.sort(stored[name].to_numpy()), np.sort(given[name]), atol=1e-3)


def test_two_ranks_learn_the_halves(project: Path) -> None:
    trained = json.loads((project / "trained.json").read_text())
    assert trained["ranks"] == 2
    assert trained["metrics"]["val_accuracy"] > 0.9
    evaluated = headrace_within("evaluate", "run/bundle", "--table", "table", "--split", "test", cwd=project).json
    assert evaluated["metrics"]["accuracy"] > 0.9


def test_predictions_answer_or_reject_every_row(project: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("lon,lat\n13.4,52.5\n-70,-33.4\n52.5,113\n")
    done = headrace_within("predict", "run/bundle", str(new), "out", cwd=project).json
    assert (done["rows"], done["rejected"]) == (2, 1)


def test_inspection_and_bundle_name_the_columns(project: Path) -> None:
    assert "locations of lat and lon" in headrace_within("inspect", "table", cwd=project).stderr
    contract = read(project / "table").contract
    assert (contract.require("geo").latitude, contract.require("geo").longitude) == ("lat", "lon")


def test_saved_model_takes_the_features(project: Path) -> None:
    exported = headrace_within("export", "run/bundle", "saved", "--to", "saved_model", cwd=project).json
    assert exported["greatest_difference"] <= 1e-4
