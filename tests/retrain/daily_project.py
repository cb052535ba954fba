"""A small project that is retrained day by day, a smaller form of the walk in docs/retraining.md."""

import shutil
import sys
from pathlib import Path
from typing import Any

from tests.support.commands import run
from tests.support.workspace import ROOT

# Training images of all five days; there are a sixth as many test images.
LIMIT = 3000

CONFIGURATION = """
data: {source: {kind: folder, path: raw}, table: table}
prepare:
  image: {mode: L, size: [28, 28], codec: raw}
  expectations: {new_rejected: 0.1}
model: {file: models/cnn.py, options: {width: 16, dense: 64}}
train:
  run: run
  ranks: 1
  epochs: 6
  batch_size: 64
  checkpoint_every_steps: 5
  optimizer: {learning_rate: 0.002, schedule: {kind: cosine}}
registry: {folder: registry, model: clothes}
retrain:
  folder: retraining
  gate: {confidence: 0.9, bounds: {accuracy: {min: 0.3}}, slices: {max_drop: 0.15}}
"""


def write_project(folder: Path) -> Path:
    """Write a configuration and copy the networks to `folder`; return the folder."""
    shutil.copytree(ROOT / "models", folder / "models")
    (folder / "conf.yaml").write_text(CONFIGURATION)
    return folder


def add_day(project: Path, day: int, limit: int = LIMIT) -> dict[str, Any]:
    """Add the raw images of one day to the project."""
    script = str(ROOT / "pipelines" / "simulate_daily_data.py")
    return run([sys.executable, script, "raw", str(day), "--limit", str(limit)], cwd=project).json
