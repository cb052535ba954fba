"""Run external download programs, and report their errors in one sentence."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from headrace.errors import DataError

TIMEOUT_SECONDS = 900


def run(name: str, command: Sequence[str], folder: Path, find_error: Callable[[str], str | None]) -> None:
    """Run `command` in `folder` with English output and without input.

    Args:
        name: name of the program in error messages.
        find_error: function that returns the error in the program's standard error, None if there is none.

    Raises:
        DataError: the program cannot be started, runs for more than 15 minutes, or fails.
    """
    try:
        process = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"{name} did not finish: {error}.") from None
    if process.returncode != 0:
        reason = find_error(process.stderr) or f"exit code {process.returncode}"
        raise DataError(f"{name} failed: {reason.strip().rstrip('.')}.")
