"""Sounds go through every command: prepared, trained on two ranks, evaluated, predicted, explained and exported."""

import base64
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from headrace.config.sections.inputs.audio import Audio
from headrace.features.audio.contract_spec import AudioSpec
from headrace.prepare.encoders.sounds.sound_decoder import decode_audio
from headrace.table import read
from tests.support.commands import headrace, headrace_within
from tests.support.sounds import PITCHES, RATE, encode_sound, tone, write_sounds
from tests.support.workspace import ROOT, make_once

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.usefixtures("spark")]

CONF = f"""
data: {{source: {{path: raw}}, table: table}}
prepare:
  input: audio
  splits: {{train: 0.6, val: 0.2, test: 0.2}}
  max_rejects: 0.2
  audio: {{rate: {RATE}, seconds: 0.5}}
model: {{file: models/audio_cnn.py, options: {{width: 4, depth: 2, bands: 16}}}}
train: {{run: run, ranks: 2, epochs: 30, batch_size: 4, optimizer: {{name: adam, learning_rate: 0.01}}}}
"""
DAMAGED = 2


@pytest.fixture(scope="module")
def project(shared: Path) -> Path:
    """A folder with `raw`, `table` and `run`; do not change them."""

    def make(folder: Path) -> None:
        write_sounds(folder / "raw")
        (folder / "raw/low/cut.wav").write_bytes(encode_sound(tone(300.0))[:900])
        (folder / "raw/high/silence.wav").write_bytes(encode_sound(np.zeros(2000, np.int16)))
        (folder / "conf.yaml").write_text(CONF)
        shutil.copytree(ROOT / "models", folder / "models")
        headrace("prepare", "conf.yaml", cwd=folder)
        headrace("train", "conf.yaml", cwd=folder)

    return make_once(shared / "sounds", make)


def test_table_has_the_samples_of_every_usable_sound_and_its_original_length(project: Path) -> None:
    version = read(project / "table")
    assert version.summary.rejects == {"truncated": 1, "silent": 1}
    assert (version.contract.input_kind, AudioSpec.of(version.contract).rate) == ("audio", RATE)
    rows = [row for shard in version.shards for row in pq.read_table(version.table / shard.path).to_pylist()]
    assert len(rows) == 2 * 24
    for row in rows:
        decoded = decode_audio((project / "raw" / row["path"]).read_bytes(), Audio(rate=RATE, seconds=0.5))
        assert np.array_equal(np.frombuffer(row["audio"], "<i2"), decoded.samples)
        assert row["seconds"] == pytest.approx(decoded.seconds)


def test_network_tells_the_pitches_apart(project: Path) -> None:
    found = headrace_within("evaluate", "run/bundle", "--table", "table", "--slice", "seconds", cwd=project).json
    assert found["metrics"]["accuracy"] >= 0.9
    assert "seconds" in str(found)


def test_prediction_of_files_equals_that_of_the_table(project: Path, tmp_path: Path) -> None:
    def predictions(*source: str) -> dict[str, Any]:
        output = tmp_path / source[-1].replace("/", "_")
        result = headrace_within("predict", "run/bundle", *source, str(output), cwd=project).json
        rows = pq.read_table(output, partitioning=None).to_pylist() if output.is_dir() else []
        return {"rejected": result["rejected"]} | {row["path"]: row["probabilities"] for row in rows}

    files, table = predictions("raw"), predictions("table")
    assert files.pop("rejected") == DAMAGED
    assert table.pop("rejected") == 0
    assert set(files) == set(table)
    for path, probabilities in table.items():
        assert files[path] == pytest.approx(probabilities, abs=1e-5)


def test_explanation_marks_the_stretch_with_the_sound(project: Path, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    wave = np.concatenate([np.zeros(1000, np.float32), tone(PITCHES["high"], 0.25)])
    (sounds / "late.wav").write_bytes(encode_sound(wave))
    page = tmp_path / "page.html"
    headrace_within("explain", "run/bundle", str(sounds), str(page), cwd=project)
    html = page.read_text()
    assert "silences one of 24 time ranges" in html
    pictures = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", html)
    assert len(pictures) == 2
    assert html.count('src="data:audio/wav;base64,') == 1
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)


def test_exported_model_predicts_as_the_bundle(project: Path, tmp_path: Path) -> None:
    result = headrace_within("export", "run/bundle", str(tmp_path / "out"), "--to", "saved_model", cwd=project)
    assert "16-bit samples, 4000 per second" in (tmp_path / "out/export.json").read_text()
    assert result.json
