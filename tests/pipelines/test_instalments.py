"""The feed of the walk: five days of real images, each with what is wrong with it, mended by the next."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.retrain.instalments import add_day

pytestmark = pytest.mark.network

LIMIT = 600
A_DAY = LIMIT // 5


def labels(project: Path, day: int) -> dict[str, str]:
    """Class by the file's name, of one day."""
    return {file.name: file.parent.name for file in (project / "raw" / "train").rglob(f"day{day}-*.png")}


def brightness(project: Path, day: int) -> float:
    files = (project / "raw" / "train").rglob(f"day{day}-*.png")
    return float(np.mean([np.asarray(Image.open(file)).mean() for file in files]))


def test_five_days_arrive_with_their_faults_and_are_mended(tmp_path: Path) -> None:
    assert add_day(tmp_path, 1, LIMIT)["files"] == A_DAY + LIMIT // 6
    first = {file: file.stat().st_mtime_ns for file in (tmp_path / "raw").rglob("*.png")}
    assert add_day(tmp_path, 1, LIMIT)["new"] == 0
    assert add_day(tmp_path, 2, LIMIT)["new"] == A_DAY

    add_day(tmp_path, 3, LIMIT)
    arrived = labels(tmp_path, 3)
    add_day(tmp_path, 4, LIMIT)
    mended = labels(tmp_path, 3)
    wrong = Counter((arrived[name], mended[name]) for name in mended if arrived[name] != mended[name])
    assert set(wrong) == {("sandal", "sneaker"), ("sneaker", "sandal")}

    broken = list((tmp_path / "raw").rglob("day4-broken-*.png"))
    assert len(broken) == A_DAY // 2
    add_day(tmp_path, 5, LIMIT)
    assert not list((tmp_path / "raw").rglob("*broken*"))
    assert brightness(tmp_path, 5) < 0.5 * brightness(tmp_path, 1)
    assert len(labels(tmp_path, 5)) == A_DAY
    # What was there is untouched, so that only what is new is prepared.
    assert all(file.stat().st_mtime_ns == time for file, time in first.items())
