"""Progress is shown on a terminal only, and leaves nothing behind."""

import os
import pty
import subprocess
import sys

PROGRAM = """
import logging, sys
from headrace.progress_bar import progress
logging.basicConfig(level=sys.argv[1], format="%(message)s")
with progress("test", 200, "rows") as advance:
    for step in range(4):
        advance(50)
        logging.warning("step %d", step)
"""
LINES = [f"step {step}" for step in range(4)]


def shown_on_terminal(level: str) -> str:
    """Run the program with a terminal as standard error; return what appears there."""
    outside, inside = pty.openpty()
    subprocess.run([sys.executable, "-c", PROGRAM, level], stderr=inside, check=True)
    os.close(inside)
    with os.fdopen(outside, "rb") as terminal:
        return terminal.read1(100_000).decode()


def test_progress_has_counts_and_speed_and_is_erased_for_log_lines() -> None:
    shown = shown_on_terminal("INFO")
    assert "test:  25% 50/200" in shown
    assert "rows/s" in shown
    # Of each line the part after the last carriage return remains.
    remaining = [line.split("\r")[-1] for line in shown.replace("\r\n", "\n").split("\n")]
    assert [line for line in remaining if line] == LINES


def test_progress_is_not_shown_in_files_or_with_quiet() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, "INFO"], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == LINES
    assert shown_on_terminal("WARNING").splitlines() == LINES
