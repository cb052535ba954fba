"""The data of docs/retraining.md: five days of real images; each day fixes the fault of the day before."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.retrain.daily_project import add_day

pytestmark = pytest.mark.network

LIMIT = 600
A_DAY = LIMIT // 5


def classes_by_name(project: Path, day: int) -> dict[str, str]:
    """Return the class of each of a day's files by its name."""
    return {file.name: file.parent.name for file in (project / "raw" / "train").rglob(f"day{day}-*.png")}


def mean_brightness(project: Path, day: int) -> float:
    """Return the mean brightness of a day's images."""
    files = (project / "raw" / "train").rglob(f"day{day}-*.png")
    return float(np.mean([np.asarray(Image.open(file)).mean() for file in files]))


def test_five_days_have_their_faults_and_fix_earlier_ones(tmp_path: Path) -> None:
    assert add_day(tmp_path, 1, LIMIT)["files"] == A_DAY + LIMIT // 6
    first = {file: file.stat().st_mtime_ns for file in (tmp_path / "raw").rglob("*.png")}
    assert add_day(tmp_path, 1, LIMIT)["new"] == 0
    assert add_day(tmp_path, 2, LIMIT)["new"] == A_DAY

    add_day(tmp_path, 3, LIMIT)
    arrived = classes_by_name(tmp_path, 3)
    add_day(tmp_path, 4, LIMIT)
    fixed = classes_by_name(tmp_path, 3)
    wrong = Counter((arrived[name], fixed[name]) for name in fixed if arrived[name] != fixed[name])
    assert set(wrong) == {("sandal", "sneaker"), ("sneaker", "sandal")}

    broken = list((tmp_path / "raw").rglob("day4-broken-*.png"))
    assert len(broken) == A_DAY // 2
    add_day(tmp_path, 5, LIMIT)
    assert not list((tmp_path / "raw").rglob("*broken*"))
    assert mean_brightness(tmp_path, 5) < 0.5 * mean_brightness(tmp_path, 1)
    assert len(classes_by_name(tmp_path, 5)) == A_DAY
    # Existing files are untouched, so that only new ones are prepared.
    assert all(file.stat().st_mtime_ns == time for file, time in first.items())
