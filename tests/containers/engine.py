"""Docker or Podman, whichever responds on this machine; variables name other ways to build and compose.

HEADRACE_BUILD     a program that builds the image from CONTEXT DOCKERFILE TAG, instead of `docker build`
HEADRACE_COMPOSE   the command that composes containers, instead of `docker compose` or `podman-compose`
"""

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SECONDS_TO_BUILD = 3000


@dataclass(frozen=True)
class CommandResult:
    """The standard output and standard error of a command."""

    out: str
    log: str

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object of the last line on standard output."""
        result: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return result


def run(*words: str, seconds: float = 300, input: bytes | None = None) -> CommandResult:
    """Run a command that must succeed and return its output."""
    done = subprocess.run(words, input=input, capture_output=True, timeout=seconds, check=False)
    said = done.stderr.decode(errors="replace")
    assert done.returncode == 0, f"{shlex.join(words)} ended with {done.returncode}:\n{said[-4000:]}"
    return CommandResult(done.stdout.decode(), said)


@dataclass(frozen=True)
class Engine:
    """A container engine: its program and the command that composes containers."""

    program: str
    compose: tuple[str, ...]

    def build(self, root: Path, dockerfile: str, tag: str) -> None:
        """Build an image of the checkout at `root`; existing layers are reused."""
        builder = os.environ.get("HEADRACE_BUILD")
        paths = (str(root), str(root / "docker" / dockerfile), tag)
        words = [builder, *paths] if builder else [self.program, "build", "-f", paths[1], "-t", tag, paths[0]]
        run(*words, seconds=SECONDS_TO_BUILD)

    def inside(self, container: str, *words: str, seconds: float = 300, input: bytes | None = None) -> CommandResult:
        """Run a command in a container."""
        options = ["-i"] if input is not None else []
        return run(self.program, "exec", *options, container, *words, seconds=seconds, input=input)


def find_engine() -> Engine:
    """Return the container engine of this machine, or skip the test where there is none."""
    for program, compose in (("docker", "docker compose"), ("podman", "podman-compose")):
        answers = shutil.which(program) and not subprocess.run([program, "info"], capture_output=True).returncode
        if answers:
            return Engine(program, tuple(shlex.split(os.environ.get("HEADRACE_COMPOSE", compose))))
    pytest.skip("neither Docker nor Podman is here")
