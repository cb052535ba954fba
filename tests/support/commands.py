"""Run commands as users do, and read what they print."""

import contextlib
import io
import json
import logging
import os
import resource
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import pytest


class CommandResult:
    """The output and the exit code of a command."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.code = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr

    @property
    def json(self) -> dict[str, Any]:
        """Return the JSON object of the last line on standard output."""
        result: dict[str, Any] = json.loads(self.stdout.splitlines()[-1])
        return result

    @property
    def last_error_line(self) -> str:
        """Return the last line of Headrace on standard error; Spark's JVM may write some after it while it stops."""
        lines = self.stderr.strip().splitlines()
        return next((line for line in reversed(lines) if line.startswith("headrace: ")), lines[-1])


def headrace(*words: str, cwd: Path, code: int = 0, **environment: str) -> CommandResult:
    """Run `headrace words...` as a process of its own and check its exit code."""
    return run([sys.executable, "-m", "headrace", *words], cwd=cwd, code=code, **environment)


def run(command: list[str], cwd: Path, code: int = 0, **environment: str) -> CommandResult:
    """Run a command and check its exit code."""
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == code, f"{command} ended with {done.returncode}, not {code}:\n{done.stderr[-6000:]}"
    return CommandResult(done)


def headrace_within(*words: str, cwd: Path, code: int = 0) -> CommandResult:
    """Run a command within this process, which has imported TensorFlow and, with the fixture `spark`, has a session.

    For tests of the work of a command, not of the start and the end of its process.
    """
    from headrace import cli

    return _call_within(lambda: cli.main(list(words)), words, cwd, code)


def program_within(program: Path, *words: str, cwd: Path) -> CommandResult:
    """Run `python program words...`, a file of jobs/ or pipelines/, within this process, and check that it succeeds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(program), *words])
        return _call_within(lambda: runpy.run_path(str(program), run_name="__main__"), sys.argv, cwd, 0)


def _call_within(call: Callable[[], object], words: Sequence[str], cwd: Path, code: int) -> CommandResult:
    """Call what ends with `SystemExit`, in the folder `cwd`, check its code, and return what it printed."""
    out, err = io.StringIO(), io.StringIO()
    printing = (contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), log_to(err))
    with contextlib.chdir(cwd), printing[0], printing[1], printing[2], pytest.raises(SystemExit) as ended:
        call()
    assert ended.value.code == code, f"{words} ended with {ended.value.code}, not {code}:\n{err.getvalue()}"
    return CommandResult(subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue()))


@contextlib.contextmanager
def log_to(stream: TextIO) -> Iterator[None]:
    """Write the log to `stream` as well, as a command does in a process where pytest has not set up logging."""
    root, handler = logging.getLogger(), logging.StreamHandler(stream)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def child_cpu_seconds() -> float:
    """Return the CPU time of all child processes that have ended; wall time depends on the machine's load."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
