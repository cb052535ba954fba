"""What all commands share: the lines of standard error on a terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

CLEARED = b"\r\x1b[K"


@pytest.mark.parametrize("words", [("init", "--source", "nowhere"), ("train", "nowhere.yaml")])
def test_lines_on_a_terminal_remove_the_bar_of_spark_that_may_stand_there(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """Spark draws its bar without a line break; a log line or a message was appended to it."""
    reader, terminal = pty.openpty()
    command = [sys.executable, "-m", "headrace", *words]
    subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=terminal, check=False)
    os.close(terminal)
    shown = os.read(reader, 10_000)
    os.close(reader)
    assert shown.startswith(CLEARED)
    assert CLEARED not in subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stderr
