"""The output of converters is hidden on success, printed when they raise, and parsed for missing operations."""

import os
import sys
from pathlib import Path

import pytest

from headrace.export.converter_output import captured_stderr, describe_failure
from tests.support.commands import run

pytestmark = pytest.mark.tensorflow


def test_captured_output_is_kept_from_the_user(tmp_path: Path) -> None:
    """Lines of Python and of C++ are captured in order; later lines are printed again."""
    program = """
import os, sys
from headrace.export.converter_output import captured_stderr
with captured_stderr() as output:
    print("of Python", file=sys.stderr)
    sys.stderr.flush()
    os.write(2, b"of C++\\n")
    print(output().splitlines())
print("later", file=sys.stderr)
"""
    result = run([sys.executable, "-c", program], cwd=tmp_path)
    assert (result.stdout, result.stderr) == ("['of Python', 'of C++']\n", "later\n")


def test_captured_output_is_printed_if_the_block_raises(capfd: pytest.CaptureFixture[str]) -> None:
    """An unexpected error of the converter comes with the output before it."""

    def convert() -> None:
        with captured_stderr():
            os.write(2, b"pass 7 of 9\n")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        convert()
    assert capfd.readouterr().err == "pass 7 of 9\n"


@pytest.mark.parametrize(
    ("output", "description"),
    [
        ("error: failed\nTF Select ops: Erf, Erfinv\nDetails:", "it has no operation for Erf, Erfinv"),
        ("TF Select ops: Erf\nCustom ops: Mine\nTF Select ops: Erf", "it has no operation for Erf, Mine"),
        ("note: x\na.py:1: error: 'tf.X' op requires a static shape\n", "'tf.X' op requires a static shape"),
        ("Unknown flaw\nin two lines", "Unknown flaw"),
        ("", "its converter gave no reason"),
    ],
)
def test_failure_is_described_by_what_is_missing(output: str, description: str) -> None:
    """The description names missing operations, else the first error, else the first line."""
    assert describe_failure(output) == description
