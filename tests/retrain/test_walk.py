"""Five days of real images: two good ones, swapped labels, broken files, and another brightness."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.retrain.instalments import fed, write_project
from tests.support.commands import headrace


def night(project: Path, day: int, code: int = 0) -> dict[str, Any]:
    fed(project, day)
    return headrace("retrain", "conf.yaml", cwd=project, code=code).json


def output(project: Path, cycle: int, step: str) -> dict[str, Any]:
    file = project / "retraining" / "cycles" / f"{cycle:06d}" / f"{step}.json"
    found: dict[str, Any] = json.loads(file.read_text())["output"]
    return found


def serving(project: Path) -> dict[str, str]:
    folder = project / "registry" / "champion"
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_the_walk_of_five_days(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    assert night(project, 1)["decision"] == "promoted"
    of_day_1 = serving(project)

    second = night(project, 2)
    assert (second["decision"], second["champion"]) == ("promoted", 2)
    assert output(project, 2, "validate")["drifted"] == []
    assert output(project, 2, "evaluate")["version"] == 0
    of_day_2 = serving(project)
    assert of_day_2 != of_day_1

    swapped = night(project, 3, code=5)
    assert swapped["decision"] == "refused by the gate"
    assert any("class 'sandal'" in reason or "class 'sneaker'" in reason for reason in swapped["reasons"])
    assert Path(swapped["run"], "bundle").is_dir()
    assert serving(project) == of_day_2

    broken = night(project, 4, code=3)
    assert broken["decision"] == "data refused"
    assert "damaged" in broken["reasons"][0]
    assert serving(project) == of_day_2
    # The same again is refused again, in the same cycle; nobody has mended anything.
    assert headrace("retrain", "conf.yaml", cwd=project, code=3).json["cycle"] == 4

    fifth = night(project, 5)
    assert (fifth["decision"], fifth["champion"]) == ("promoted", 4)
    assert "brightness of every class" in " ".join(output(project, 5, "validate")["drifted"])
    assert serving(project) != of_day_2

    compared = headrace("models", "compare", "conf.yaml", "1", "2", cwd=project)
    first, later = (model["metrics"]["accuracy"] for model in compared.json["models"])
    assert later > first
    assert "version 2: accuracy" in compared.stderr

    headrace("models", "promote", "conf.yaml", "2", cwd=project)
    assert serving(project) == of_day_2
    headrace("models", "promote", "conf.yaml", "1", cwd=project)
    assert headrace("models", "rollback", "conf.yaml", cwd=project).json["champion"] == 2
    assert serving(project) == of_day_2
    check_the_page((project / "retraining" / "report.html").read_text())


def check_the_page(page: str) -> None:
    for cycle in range(1, 6):
        assert f'id="cycle-{cycle}"' in page
    assert page.count("refused by the gate</span>") >= 2
    assert "data refused" in page
    # After the rollback by hand.
    assert "Version 2 serves, trained on data version 1" in page
    assert "damaged" in page
