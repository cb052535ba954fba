"""The commands of a page below docs/, run as a reader types them, in one shell.

A block marked `sh` is run; one marked `text` is shown only.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.workspace import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ACTIVATE = ". .venv/bin/activate"
PAGE_LIMIT, LIMIT = "--limit 6000", "--limit 2400"


def commands(page: Path) -> list[str]:
    """Return the `sh` blocks of a page."""
    return BLOCK.findall(page.read_text())


def run_python_block(page: Path, word: str, folder: Path) -> dict[str, Any]:
    """Run the only `python` block of a page with `word` in it, in `folder`, and return its names."""
    (block,) = [one for one in PYTHON_BLOCK.findall(page.read_text("utf-8")) if word in one]
    names: dict[str, Any] = {}
    with contextlib.chdir(folder):
        exec(block, names)
    return names


def make_workspace(folder: Path) -> Path:
    """Fill `folder` with what the commands read of the checkout, and return it."""
    for name in ("conf", "models", "jobs", "pipelines"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def type_commands(page: Path, workspace: Path, before: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the commands of `page` in one shell, after those of `before`, and return what they printed.

    The environment is the one that runs the tests.
    """
    script = "\n".join(commands(page)).replace(ACTIVATE, ":").replace(PAGE_LIMIT, LIMIT)
    assert script
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "-eux", "-c", f"{before}\n{script}"]
    done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{page}: {done.stderr[-4000:]}"
    return done
