"""The command that this program was started with, as runs and studies keep it."""

import shlex
import sys
from pathlib import Path


def typed_command() -> str:
    """Ready for a shell: `headrace` and its words, or the path of a job and its words."""
    program = Path(sys.argv[0])
    is_headrace = program.name == "headrace" or program.parts[-2:] == ("headrace", "__main__.py")
    return shlex.join(["headrace", *sys.argv[1:]] if is_headrace else sys.argv)
