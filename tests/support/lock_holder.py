"""A separate process that holds a lock, for tests of a second process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = """
import sys
from headrace.locks.file_lock import lock_file
from headrace.locks.object_lock import lock_object
from headrace.storage import is_remote, locate
path = locate(sys.argv[1])
with lock_object(path, "hold it") if is_remote(path) else lock_file(path, "hold it", wait=False):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(path: Path) -> "Iterator[subprocess.Popen[str]]":
    """Yield a process that holds the lock, a file or an object, until a line arrives."""
    command = [sys.executable, "-c", PROGRAM, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
