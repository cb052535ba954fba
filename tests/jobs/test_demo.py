"""The demo at small scale: every stage, in a folder with the content of a checkout."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.commands import run


@pytest.mark.long
def test_demo_runs_every_stage_and_prints_results(root: Path, tmp_path: Path) -> None:
    for name in ("conf", "models"):
        shutil.copytree(root / name, tmp_path / name)
    command = [sys.executable, str(root / "jobs" / "demo.py"), "--limit", "1200", "train.epochs=2"]
    answer = run(command, cwd=tmp_path)
    found = answer.json
    assert (found["rows_in"], found["written"], found["rejected"], found["duplicates"]) == (1400, 1400, 0, 0)
    assert (found["ranks"], found["predicted"]) == (2, 200)
    assert 0.3 < found["accuracy"] <= 1
    assert (tmp_path / found["report"]).read_text().startswith("<!doctype html>")
    assert (Path(found["bundle"]) / "bundle.json").is_file()
    assert set(found["seconds"]) == {"fetch", "prepare", "train", "evaluate", "predict", "report"}
    assert "What to try next" in answer.stderr
    predictions = tmp_path / "data" / "fashion-mnist" / "predictions"
    assert list(predictions.rglob("*.parquet"))
    assert json.loads((tmp_path / "runs" / "fashion-mnist" / "stages.json").read_text())["train"] > 0
