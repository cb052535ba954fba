"""The walk of docs/retraining.md: two good days, swapped labels, broken files, and changed brightness."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import headrace
from tests.support.page_commands import make_workspace, type_commands

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

CONF = "conf/retraining.yaml"
# Around each `headrace` of the page: print its exit code after its result, keep a copy of the files that are served
# after each cycle, and repeat the command after data were refused.
OBSERVE = """
headrace() {
    command headrace "$@" && code=0 || code=$?
    echo "{\\"code\\": $code}"
    [ "$1" != retrain ] || { cycle=$((${cycle:-0} + 1)); cp -rL registry/fashion-mnist/champion "served-$cycle"; }
    [ "$code" != 3 ] || { command headrace "$@" || echo "{\\"code\\": $?}"; }
    return "$code"
}
"""


def step_output(project: Path, cycle: int, step: str) -> dict[str, Any]:
    """Return the output of a step of a cycle."""
    file = project / "retraining" / "fashion-mnist" / "cycles" / f"{cycle:06d}" / f"{step}.json"
    step_output: dict[str, Any] = json.loads(file.read_text())["output"]
    return step_output


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder by its path."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def results_and_codes(printed: str) -> list[tuple[dict[str, Any], int]]:
    """Return the result and the exit code of each `headrace` of the page."""
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [(lines[index - 1], line["code"]) for index, line in enumerate(lines) if list(line) == ["code"]]


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_commands_of_the_page_retrain_on_five_days(root: Path, tmp_path: Path) -> None:
    project = make_workspace(tmp_path / "project")
    done = type_commands(root / "docs" / "retraining.md", project, OBSERVE)
    printed = results_and_codes(done.stdout)
    assert [code for _, code in printed] == [0, 0, 5, 3, 3, 0, 0, 0, 0]
    first, second, swapped, broken, repeated, fifth, _, compared, rolled_back = (result for result, _ in printed)
    day_1, day_2, day_3, day_4, day_5 = (hashes(project / f"served-{day}") for day in range(1, 6))
    assert first["decision"] == "promoted"

    assert (second["decision"], second["champion"]) == ("promoted", 2)
    assert second["test"] == {"rows": second["test"]["rows"]} | {
        name: step_output(project, 2, "evaluate")[name]["metrics"] for name in ("champion", "challenger")
    }
    assert step_output(project, 2, "validate")["drifted"] == []
    assert step_output(project, 2, "evaluate")["version"] == 0
    assert day_2 != day_1

    assert swapped["decision"] == "refused by the gate"
    assert any("class 'sandal'" in reason or "class 'sneaker'" in reason for reason in swapped["reasons"])
    assert Path(swapped["run"], "bundle").is_dir()
    assert day_3 == day_2

    assert broken["decision"] == "data refused"
    assert "truncated" in broken["reasons"][0]
    assert (broken["champion"], broken["champion_data_version"], broken["version"]) == (2, 1, None)
    assert day_4 == day_2
    # The unchanged data are refused again, in the same cycle.
    assert (broken["cycle"], repeated["cycle"], repeated["decision"]) == (4, 4, "data refused")

    assert (fifth["decision"], fifth["champion"]) == ("promoted", 4)
    assert "brightness of every class" in " ".join(step_output(project, 5, "validate")["drifted"])
    assert day_5 != day_2

    earlier, later = (model["metrics"]["accuracy"] for model in compared["models"])
    assert later > earlier
    assert "version 4: accuracy" in done.stderr

    served = project / "registry" / "fashion-mnist" / "champion"
    assert rolled_back["champion"] == 2
    assert hashes(served) == day_2
    headrace("models", "promote", CONF, "1", cwd=project)
    assert hashes(served) == day_1
    assert headrace("models", "rollback", CONF, cwd=project).json["champion"] == 2
    assert hashes(served) == day_2
    check_page((project / "retraining" / "fashion-mnist" / "report.html").read_text())


def check_page(page: str) -> None:
    """Assert that the page shows all five cycles."""
    for cycle in range(1, 6):
        assert f'id="cycle-{cycle}"' in page
    assert page.count("refused by the gate</span>") >= 2
    assert "data refused" in page
    # After the rollback.
    assert "Version 2 is the champion, trained on data version 1" in page
    assert "truncated" in page
