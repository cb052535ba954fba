"""The command line and the current time, for the records of runs, studies and cycles."""

import datetime
import shlex
import sys
from pathlib import Path


def command_line() -> str:
    """Return the command line, quoted for a shell: `headrace` or the path of a job, and its arguments."""
    program = Path(sys.argv[0])
    is_headrace = program.name == "headrace" or program.parts[-2:] == ("headrace", "__main__.py")
    return shlex.join(["headrace", *sys.argv[1:]] if is_headrace else sys.argv)


def utc_now() -> str:
    """Return the current UTC time to the second, in ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
