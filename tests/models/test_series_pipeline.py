"""Windows of a time series pass the whole pipeline on two ranks; the network predicts better than the baselines."""

import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import keras
import numpy as np
import pyarrow.parquet as pq
import pytest

from headrace.networks.network_build_and_checks import build_model
from tests.support.commands import headrace, headrace_within
from tests.support.shipped_networks import contract_for, inputs_for
from tests.support.workspace import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow]

NETWORK = ROOT / "models" / "series.py"
CONFIGURATION = f"""
data:
  source: {{kind: table, format: json, path: raw, columns: {{label: warmth}}}}
  table: table
prepare:
  input: windows
  task: regression
  windows: {{values: [warmth, wind], time: time, series: city, length: 12, horizon: 2, season: 8}}
  splits: {{method: time, train: 0.7, val: 0.1, test: 0.2}}
  shard_rows: 100
model: {{file: {NETWORK}, options: {{width: 4}}}}
train: {{run: run, ranks: 2, epochs: 6, batch_size: 16, optimizer: {{learning_rate: 0.01}}}}
"""


def write_series(folder: Path, hours: int = 400) -> None:
    """Write two cities whose warmth oscillates every 8 hours and drifts; one hour is missing."""
    random = np.random.default_rng(0)
    folder.mkdir()
    rows = [
        {
            "city": city,
            "time": f"{datetime(2024, 1, 1) + timedelta(hours=hour)}",
            "warmth": 50 + level + 10 * math.sin(hour * math.pi / 4) + hour / 20 + random.normal(0, 0.1),
            "wind": random.normal(5, 2),
        }
        for city, level in (("north", -10), ("south", 10))
        for hour in range(hours)
        if hour != 100
    ]
    (folder / "hours.json").write_text("\n".join(map(json.dumps, rows)))


@pytest.mark.long
@pytest.mark.usefixtures("spark")
def test_series_pipeline_beats_baselines_on_two_ranks(tmp_path: Path) -> None:
    write_series(tmp_path / "raw")
    (tmp_path / "conf.yaml").write_text(CONFIGURATION)
    prepared = headrace("prepare", "conf.yaml", cwd=tmp_path).json
    assert prepared["rejects"] == {"gap": 2 * 13}
    trained = headrace("train", "conf.yaml", cwd=tmp_path).json
    assert trained["ranks"] == 2
    evaluated = headrace_within("evaluate", "run/bundle", "--table", "table", cwd=tmp_path).json
    off = {name: errors["mean_absolute_error"] for name, errors in evaluated["baselines"].items()}
    assert evaluated["metrics"]["mean_absolute_error"] < off["persistence"] / 2
    assert off["seasonal"] < off["persistence"]
    answered = headrace_within("predict", "run/bundle", "table", "answers", cwd=tmp_path).json
    assert answered["rows"] == prepared["written"]
    values = pq.read_table(tmp_path / "answers")["value"].to_numpy()
    assert 30 < values.min() < values.max() < 100
    said = headrace_within("predict", "run/bundle", "raw", "other", cwd=tmp_path, code=3).last_error_line
    assert "predicts from windows" in said


def test_untrained_series_network_predicts_in_unit_of_target() -> None:
    keras.utils.set_random_seed(1)
    contract = contract_for(NETWORK, task="regression", classes=())
    answers = build_model(NETWORK, contract, {"width": 8}).predict(inputs_for(contract, 50), verbose=0)
    assert abs(answers.mean() - 50) < 30
