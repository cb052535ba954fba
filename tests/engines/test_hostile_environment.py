"""The main commands give the same results in an environment set up for another project, in an unusual folder."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.commands import CommandResult, headrace_within, run
from tests.support.raw_images import write_source
from tests.support.workspace import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.slow]

HOSTILE = {
    "LC_ALL": "C",
    "TZ": "Asia/Kolkata",
    "KERAS_BACKEND": "jax",
    "KERAS_NNX_ENABLED": "1",
    "PYTHONIOENCODING": "ascii",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
CONFIGURATION = f"""
data: {{source: {{kind: folder, path: bildér}}, table: table}}
prepare: {{image: {{mode: L, size: [16, 16], codec: raw}}}}
model: {{file: {ROOT}/models/cnn.py, options: {{width: 4, dense: 16}}}}
train: {{run: run, ranks: 1, epochs: 1, batch_size: 8}}
"""


def in_hostile_environment(*words: str, cwd: Path) -> CommandResult:
    """Run a command, with a mask of permissions; its path of modules is that of the tests."""
    command = ["sh", "-c", 'umask 077; exec "$@"', "sh", sys.executable, "-m", "headrace", *words]
    return run(command, cwd=cwd, PYTHONPATH=str(ROOT), KERAS_HOME=str(cwd.parent / "keras"), **HOSTILE)


def results(folder: Path, headrace: Callable[..., CommandResult]) -> dict[str, Any]:
    """Prepare, train, evaluate and predict in `folder`; return what must not depend on the environment."""
    write_source(folder / "bildér")
    (folder / "conf.yaml").write_text(CONFIGURATION, encoding="utf-8")
    prepared = headrace("prepare", "conf.yaml", cwd=folder).json
    trained = headrace("train", "conf.yaml", cwd=folder).json
    evaluated = headrace("evaluate", trained["bundle"], "--table", "table", "--split", "train", cwd=folder).json
    headrace("predict", trained["bundle"], "bildér", "predictions", cwd=folder)
    rows = pq.read_table(folder / "predictions").to_pylist()
    return {
        "written": prepared["written"],
        "weights": trained["weights_sha256"],
        "metrics": evaluated["metrics"],
        "predictions": sorted((Path(row["path"]).name, row["label"], row["probabilities"]) for row in rows),
    }


@pytest.mark.usefixtures("spark")
def test_results_do_not_depend_on_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a plain environment one process runs all commands; in the other one each must start by itself."""
    hostile, plain = tmp_path / "My Projécts", tmp_path / "plain"
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "keras.json").write_text('{"floatx": "bfloat16", "image_data_format": "channels_first"}')
    for name in HOSTILE.keys() & os.environ.keys():
        monkeypatch.delenv(name)
    expected = results(plain, headrace_within)
    assert results(hostile, in_hostile_environment) == expected
    assert len(expected["predictions"]) == 24
