"""A simulated machine whose programs a test chooses, with a checkout that contains only `.ci`."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The interpreter itself, as PATH may have a pyenv shim, which needs programs that the machine lacks.
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
INTERPRETER = Path(sys.base_prefix) / "bin" / PYTHON
PACKAGES = Path(".venv/lib") / PYTHON / "site-packages"
COMPILED = f"__init__.{sys.implementation.cache_tag}.pyc"
ALWAYS_THERE = (
    *("sh", "env", "dirname", "sed", "tr", "ls", "cat", "cp", "mkdir", "rm", "tail", "touch", "chmod", "uname"),
    "make",
)
ANSWERS = {
    "id": "echo 0",
    "java": """echo 'openjdk version "17.0.15" 2025-04-15' >&2""",
    "c++": "cat >/dev/null",
    "uv": '[ "$1" != --version ] || echo uv 0.13.9',
    "chromium": "exit 0",
    "apt-get": "exit 0",
    "apt-cache": '[ "$2" = openjdk-17-jre-headless ]',
}
COMPLETE = "setup: complete\n"


@dataclass(frozen=True)
class Machine:
    """A machine with every program, until a test removes or replaces one.

    Attributes:
        checkout: the checkout of Headrace; its environment has empty packages.
        programs: the only folder on PATH.
        calls: file with one line for each call of a program that the test wrote.
    """

    checkout: Path
    programs: Path
    calls: Path

    def place(self, name: str, body: str, folder: Path | None = None) -> None:
        """Write the program `name`, which records its call and then runs `body`."""
        program = (folder or self.programs) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.unlink(missing_ok=True)
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>"$CALLS"\n{body}\n')
        program.chmod(0o755)

    def remove(self, *names: str) -> None:
        """Remove programs."""
        for name in names:
            (self.programs / name).unlink()

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `command` in the checkout."""
        settings = {key: value for key, value in os.environ.items() if key.endswith("_proxy") or "CERT" in key}
        settings |= {"PATH": str(self.programs), "HOME": str(self.checkout), "CALLS": str(self.calls)}
        return subprocess.run(
            command,
            cwd=self.checkout,
            env={**settings, "SSL_CERT_FILE": os.environ.get("SSL_CERT_FILE", ""), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def set_up(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `.ci/setup`."""
        return self.run(".ci/setup", *arguments, **environment)

    def called(self, name: str) -> list[str]:
        """Return the calls of `name` so far with their arguments."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith(f"{name} ")]


def make_environment(checkout: Path) -> None:
    """Create a `.venv` with empty but compiled packages."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{INTERPRETER}" "$@"\n')
    python.chmod(0o755)
    packages = checkout / PACKAGES
    for name in ("tensorflow", "keras", "pyspark", "horovod"):
        (packages / name / "__pycache__").mkdir(parents=True)
        (packages / name / "__init__.py").touch()
        (packages / name / "__pycache__" / COMPILED).touch()
    (packages / "horovod" / "tensorflow").mkdir()
    (packages / "horovod" / "tensorflow" / f"mpi_lib.{sys.implementation.cache_tag}-x86_64-linux-gnu.so").touch()
