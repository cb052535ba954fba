"""Entry point of the command `headrace`, and of `python -m headrace`."""

import os
import signal
from types import FrameType

SIGNALS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def main() -> None:
    """Run the command line, which handles signals itself as soon as it is imported."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _exit)
    from headrace.cli import main as run

    run()


def _exit(number: int, _: FrameType | None) -> None:
    """End the process with one line; nothing has started yet."""
    os.write(2, f"headrace: {SIGNALS[signal.Signals(number)]}\n".encode())
    os._exit(128 + number)


if __name__ == "__main__":
    main()
