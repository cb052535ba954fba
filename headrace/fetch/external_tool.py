"""Programs of the machine that bring files: what they say when they fail, as one sentence."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from headrace.errors import DataError

LIMIT_SECONDS = 900


def run(name: str, command: Sequence[str], folder: Path, complaint: Callable[[str], str | None]) -> None:
    """Run `command` in `folder`, in English, asking nobody anything.

    Args:
        name: for people.
        complaint: what a log says went wrong, None where it does not say.

    Raises:
        DataError: it cannot be started, takes more than 15 minutes, or fails.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"{name} did not finish: {error}.") from None
    if done.returncode != 0:
        said = complaint(done.stderr) or f"exit code {done.returncode}"
        raise DataError(f"{name} failed: {said.strip().rstrip('.')}.")
