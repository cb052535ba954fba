"""Fixture: a machine where `.ci/setup` has nothing to do until the test removes something."""

import shutil
from pathlib import Path

import pytest

from tests.setup.machine import ALWAYS_THERE, ANSWERS, INTERPRETER, PYTHON, ROOT, Machine, make_environment


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine where nothing is missing, so `.ci/setup` has nothing to do; its user is root."""
    machine = Machine(tmp_path / "checkout", tmp_path / "bin", tmp_path / "calls")
    shutil.copytree(ROOT / ".ci", machine.checkout / ".ci")
    machine.programs.mkdir()
    for name in ALWAYS_THERE:
        found = shutil.which(name)
        assert found is not None, f"{name} is needed on PATH"
        (machine.programs / name).symlink_to(Path(found).resolve())
    (machine.programs / PYTHON).symlink_to(INTERPRETER)
    for name, answer in ANSWERS.items():
        machine.place(name, answer)
    make_environment(machine.checkout)
    return machine
