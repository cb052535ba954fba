"""Outside the rooms of target kinds, no code asks which kind a target is."""

import re
from pathlib import Path

import headrace
from headrace.targets.target_kind_loader import TASKS

BRANCH = re.compile(rf"task\s*(==|!=|in)\s*[(\[]?\"({'|'.join(TASKS)})\"")


def test_code_outside_the_rooms_does_not_compare_tasks() -> None:
    package = Path(headrace.__file__).parent
    files = [file for file in package.rglob("*.py") if "targets" not in file.relative_to(package).parts]
    found = [f"{file.relative_to(package)}: {line.strip()}" for file in files for line in branches(file)]
    assert not found


def branches(file: Path) -> list[str]:
    """Return the lines that compare a task with the name of one."""
    return [line for line in file.read_text("utf-8").splitlines() if BRANCH.search(line)]
