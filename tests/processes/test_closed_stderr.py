"""A command goes on after the reader of its standard error has gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.engines.stderr_noise_filter import start_filter
from tests.support.running_training import in_the_background

WRITER = """
import sys
from headrace.processes.closed_stderr import ignore_lost_stderr_reader
ignore_lost_stderr_reader()
print("first", file=sys.stderr)
sys.stdin.readline()
for number in range(1000):
    print("more", number, file=sys.stderr)
sys.__stderr__.write("by a library\\n")
sys.__stderr__.flush()
print("done", sys.stderr.isatty(), sys.stderr.encoding)
"""


def test_writer_goes_on_after_its_reader_has_gone() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", WRITER], text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stderr.readline() == "first\n"
        process.stderr.close()
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.read() == "done False utf-8\n"
    assert process.returncode == 0


def test_filter_takes_lines_after_its_reader_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    saved = os.dup(2)
    os.dup2(writing, 2)
    try:
        process = start_filter()
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(writing)
    os.close(reading)
    assert process.stdin is not None
    for _ in range(40):
        process.stdin.write(b"a line of an engine\n" * 5000)
        process.stdin.flush()
    process.stdin.close()
    assert process.wait(20) == 0


@pytest.mark.spark
@pytest.mark.horovod
@pytest.mark.slow
def test_training_whose_log_nobody_reads_any_more_completes(own: Path) -> None:
    driver = in_the_background("train.run=unread", cwd=own)
    assert driver.stderr is not None
    assert driver.stdout is not None
    driver.stderr.readline()
    driver.stderr.close()
    assert '"weights_sha256"' in driver.stdout.read()
    assert driver.wait(120) == 0
