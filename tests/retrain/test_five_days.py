"""Five days of real images: two good ones, swapped labels, broken files, and changed brightness."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.retrain.daily_project import add_day, write_project
from tests.support.commands import headrace

pytestmark = [pytest.mark.spark, pytest.mark.horovod]


def retrain(project: Path, day: int, code: int = 0) -> dict[str, Any]:
    """Add the images of a day, run `headrace retrain` and return its result."""
    add_day(project, day)
    return headrace("retrain", "conf.yaml", cwd=project, code=code).json


def step_output(project: Path, cycle: int, step: str) -> dict[str, Any]:
    """Return the output of a step of a cycle."""
    file = project / "retraining" / "cycles" / f"{cycle:06d}" / f"{step}.json"
    step_output: dict[str, Any] = json.loads(file.read_text())["output"]
    return step_output


def served_files(project: Path) -> dict[str, str]:
    """Return the SHA-256 of every served file by its path."""
    folder = project / "registry" / "champion"
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_five_days_of_retraining(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    assert retrain(project, 1)["decision"] == "promoted"
    day_1_files = served_files(project)

    second = retrain(project, 2)
    assert (second["decision"], second["champion"]) == ("promoted", 2)
    assert second["test"] == {"rows": second["test"]["rows"]} | {
        name: step_output(project, 2, "evaluate")[name]["metrics"] for name in ("champion", "challenger")
    }
    assert step_output(project, 2, "validate")["drifted"] == []
    assert step_output(project, 2, "evaluate")["version"] == 0
    day_2_files = served_files(project)
    assert day_2_files != day_1_files

    swapped = retrain(project, 3, code=5)
    assert swapped["decision"] == "refused by the gate"
    assert any("class 'sandal'" in reason or "class 'sneaker'" in reason for reason in swapped["reasons"])
    assert Path(swapped["run"], "bundle").is_dir()
    assert served_files(project) == day_2_files

    broken = retrain(project, 4, code=3)
    assert broken["decision"] == "data refused"
    assert "truncated" in broken["reasons"][0]
    assert (broken["champion"], broken["champion_data_version"], broken["version"]) == (2, 1, None)
    assert served_files(project) == day_2_files
    # The unchanged data are refused again, in the same cycle.
    assert headrace("retrain", "conf.yaml", cwd=project, code=3).json["cycle"] == 4

    fifth = retrain(project, 5)
    assert (fifth["decision"], fifth["champion"]) == ("promoted", 4)
    assert "brightness of every class" in " ".join(step_output(project, 5, "validate")["drifted"])
    assert served_files(project) != day_2_files

    compared = headrace("models", "compare", "conf.yaml", "1", "2", cwd=project)
    first, later = (model["metrics"]["accuracy"] for model in compared.json["models"])
    assert later > first
    assert "version 2: accuracy" in compared.stderr

    headrace("models", "promote", "conf.yaml", "2", cwd=project)
    assert served_files(project) == day_2_files
    headrace("models", "promote", "conf.yaml", "1", cwd=project)
    assert headrace("models", "rollback", "conf.yaml", cwd=project).json["champion"] == 2
    assert served_files(project) == day_2_files
    check_page((project / "retraining" / "report.html").read_text())


def check_page(page: str) -> None:
    """Assert that the page shows all five cycles."""
    for cycle in range(1, 6):
        assert f'id="cycle-{cycle}"' in page
    assert page.count("refused by the gate</span>") >= 2
    assert "data refused" in page
    # After the rollback.
    assert "Version 2 is the champion, trained on data version 1" in page
    assert "truncated" in page
