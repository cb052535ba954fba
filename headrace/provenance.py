"""The command and the time that records of runs, studies and cycles keep."""

import datetime
import shlex
import sys
from pathlib import Path


def command_line() -> str:
    """Ready for a shell: `headrace` and its words, or the path of a job and its words."""
    program = Path(sys.argv[0])
    is_headrace = program.name == "headrace" or program.parts[-2:] == ("headrace", "__main__.py")
    return shlex.join(["headrace", *sys.argv[1:]] if is_headrace else sys.argv)


def utc_now() -> str:
    """In UTC to the second, as ISO 8601 has it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
