"""Pipe from a rank to its Spark task; the rank exits when the task ends."""

import json
import os
import sys
import threading
from typing import Any, TextIO


class Channel:
    """Sends messages to the driver; other output to standard output is redirected to the log."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)

    def send(self, **message: Any) -> None:
        """Send one message."""
        self._out.write(json.dumps(message) + "\n")


def exit_with_task() -> None:
    """Exit when standard input closes, which happens when the task ends."""
    threading.Thread(target=_wait_for_task_end, name="exit-with-task", daemon=True).start()


def _wait_for_task_end() -> None:
    sys.stdin.buffer.read()
    os._exit(3)
