"""The program that is one rank: `python -m headrace.train.rank RUN`.

Standard output carries one JSON object a line for the driver; standard error is the rank's log; standard input
is a lifeline: its end means that the task is gone, and the rank goes too.
"""

import json
import logging
import os
import sys
import threading
import traceback
from typing import Any, TextIO

from headrace.errors import ConfigurationError, HeadraceError
from headrace.train.run_folder import RunFolder

LOST_PEER = 75


class Channel:
    """Messages to the driver. Whatever else writes to standard output is sent to the log instead."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)

    def send(self, **message: Any) -> None:
        """Send one message."""
        self._out.write(json.dumps(message) + "\n")


def main(run: str) -> int:
    """Train one rank of the run in folder `run`; the exit code."""
    channel = Channel()
    live_with_the_task()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        from headrace.train.loop import train_rank

        train_rank(run, channel)
    except HeadraceError as error:
        channel.send(kind="error", error=type(error).__name__, text=str(error))
        return error.exit_code
    except ImportError as error:
        channel.send(kind="error", error="ConfigurationError", text=import_failure(error))
        return ConfigurationError.exit_code
    except Exception as error:  # noqa: BLE001  a process boundary: reported to the driver, with its traceback
        if _is_lost_peer(error):
            channel.send(kind="lost peer", text="lost the connection to another rank")
            return LOST_PEER
        from headrace.train.failure import sentence

        text = sentence(error, str(RunFolder(run).model_file))
        channel.send(kind="error", error="TrainingError", text=text, traceback=traceback.format_exc())
        return 1
    return 0


def import_failure(error: ImportError) -> str:
    """Return a sentence for the driver about a module that this rank's Python cannot import."""
    reason = " ".join(str(error).split())
    return f"A rank's Python, {sys.executable}, cannot import what it needs ({reason}); `headrace check` says more."


def _is_lost_peer(error: Exception) -> bool:
    # Where it cannot be imported, because Horovod cannot, there are no peers yet.
    collectives = sys.modules.get("headrace.train.collectives")
    return collectives is not None and bool(collectives.is_lost_peer(error))


def live_with_the_task() -> None:
    """End this process when its task is gone: standard input then ends."""
    threading.Thread(target=_die_with_the_task, name="lifeline", daemon=True).start()


def _die_with_the_task() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stderr.flush()
    # Horovod's and TensorFlow's own threads may hang in a normal exit after another rank has failed.
    os._exit(code)
