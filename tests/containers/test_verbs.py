"""`docker run headrace VERB` runs `headrace VERB`, even where another program has that name, such as `watch`."""

import os
import subprocess
from pathlib import Path

import pytest
import typer

from headrace.cli import app


@pytest.mark.parametrize("verb", sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
def test_entrypoint_runs_every_verb(root: Path, tmp_path: Path, verb: str) -> None:
    stand_in = tmp_path / "headrace"
    stand_in.write_text('#!/bin/sh\necho "headrace $*"\n')
    stand_in.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    words = ("sh", str(root / "docker" / "entrypoint.sh"), verb, "one", "two")
    said = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=30).stdout
    assert said == f"headrace {verb} one two\n"
