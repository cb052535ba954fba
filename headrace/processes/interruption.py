"""Stop a command on SIGINT or SIGTERM: after a checkpoint while training, else immediately.

The first signal asks a running training to stop after a checkpoint. If none runs, at a second signal, or after
`GRACE_SECONDS`, all processes of the command are ended, and `CommandInterruptedError` is raised in the main thread, so
that blocks remove their unfinished files. If the main thread does not respond, for example inside native code, a guard
thread removes them and exits.
"""

import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from headrace.processes.closed_stderr import discard_output
from headrace.processes.process_tree import descendants, end_all

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Ranks finish their step and write a checkpoint.
GRACE_SECONDS = 10.0
# Blocks remove their unfinished files.
EXIT_SECONDS = 4.0
# Spark stops its tasks; the JVM removes its temporary folders.
STOP_SECONDS = 1.5
# `timeout` and shells send one signal to the process and to its group; it arrives twice.
BURST_SECONDS = 0.5


class CommandInterruptedError(BaseException):
    """A signal ends this command.

    It is not a KeyboardInterrupt, which libraries catch, and not an Exception: nothing but the command line handles it.

    Attributes:
        detail: what is left and how to continue; empty if there is nothing to say.
    """

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)


# What the signals' handler calls, and what an exit removes; threads add to them.
_requests: list[Callable[[], bool]] = []
_stops: list[Callable[[], None]] = []
_unfinished: set[Path] = set()


class SignalHandling:
    """The signals that this process has received, and its reaction.

    Attributes:
        number: the first signal; None before.
        responded: set when the main thread has handled the first signal.
        ending: set when the command is being ended and no longer waits for a checkpoint.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.responded, self.ending = threading.Event(), threading.Event()
        self._received_at = 0.0
        self._stderr = _duplicate_stderr()
        self._is_reported = False

    def handle(self, number: int, _: FrameType | None) -> None:
        """Handle a signal in the main thread.

        Raises:
            CommandInterruptedError: nothing can stop gracefully, or it was interrupted again.
        """
        if self.ending.is_set() or (self.number is not None and time.monotonic() - self._received_at < BURST_SECONDS):
            return
        first = self.number is None
        if first:
            self.number, self._received_at = number, time.monotonic()
            self.responded.set()
        if first and self._request_graceful_stop():
            return
        self.end_processes()
        raise CommandInterruptedError

    def _request_graceful_stop(self) -> bool:
        """Call every request, and return whether any agreed."""
        agreed = [request() for request in tuple(_requests)]
        return any(agreed)

    def guard(self, received: int) -> None:
        """Wait in a thread for the first signal, and exit if the main thread does not do so in time.

        Args:
            received: file descriptor to which Python writes the number of a signal when it arrives.
        """
        number = os.read(received, 1)[0]
        if not number:
            os.close(received)
            return
        if self.responded.wait(EXIT_SECONDS):
            if not self.ending.wait(GRACE_SECONDS):
                os.kill(os.getpid(), number)
            time.sleep(EXIT_SECONDS)
        self.number = number
        self.end_processes()
        discard_unfinished()
        self.report("")
        os._exit(self.exit_code)

    def end_processes(self) -> None:
        """End Spark and all child processes; from now on, standard error shows nothing but the report."""
        self.ending.set()
        logging.disable()
        _silence_stderr()
        threads = [threading.Thread(target=stop, daemon=True) for stop in tuple(_stops)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(STOP_SECONDS)
        end_all(descendants(os.getpid()), STOP_SECONDS)

    def close(self) -> None:
        """Close the copy of standard error."""
        if self._stderr >= 0:
            os.close(self._stderr)

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal, as shells report it."""
        return 128 + (self.number or signal.SIGINT)

    def report(self, detail: str) -> None:
        """Write the one line that tells the user about the end of the command, once."""
        self.ending.set()
        if self._is_reported:
            return
        self._is_reported = True
        word = "terminated" if self.number == signal.SIGTERM else "interrupted"
        text = f"headrace: {word}{'; ' if detail else ''}{detail}\n"
        with suppress(OSError):
            # A terminal's progress bar has not ended its line.
            clear = "\r\x1b[K" if os.isatty(self._stderr) else ""
            os.write(self._stderr, (clear + text).encode(errors="replace"))


_current: SignalHandling | None = None


@contextmanager
def handled_signals() -> Iterator[SignalHandling]:
    """Handle SIGINT and SIGTERM inside the block; signals that this process was started to ignore stay ignored.

    Only the main thread of a process receives signals; in another thread the block handles none.
    """
    global _current
    handling = SignalHandling()
    if threading.current_thread() is not threading.main_thread():
        yield handling
        return
    received, write_end = os.pipe()
    os.set_blocking(write_end, False)
    threading.Thread(target=handling.guard, args=(received,), daemon=True, name="signals").start()
    _current, outer = handling, _current
    outer_fd = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    handled = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, handling.handle) for number in handled}
    try:
        yield handling
    finally:
        # An interrupted command exits next, and the guard watches that it does.
        if handling.number is None:
            for number, handler in previous.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(outer_fd)
            os.write(write_end, b"\0")
            os.close(write_end)
            handling.close()
            _current = outer


def ignore_signals() -> None:
    """Ignore the signals from now on, in a process whose command has ended: the exit code is that of the command.

    Python takes up to a second to unload the engines, and by then it has put back the handlers that kill the process.
    """
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _hold_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def _release_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _restore_default_signals() -> None:
    """Let signals end a forked process, which would otherwise pass them to its parent's guard."""
    if _current is not None:
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            if signal.getsignal(number) == _current.handle:
                signal.signal(number, signal.SIG_DFL)
    _release_signals()


# Signals wait until the child has other handlers than its parent.
os.register_at_fork(before=_hold_signals, after_in_parent=_release_signals, after_in_child=_restore_default_signals)


def is_handled() -> bool:
    """Return whether the command line handles signals in this process."""
    return _current is not None


def is_requested() -> bool:
    """Return whether a signal has asked this command to end."""
    return _current is not None and _current.number is not None


def is_ending() -> bool:
    """Return whether the processes of this command have been ended because of a signal."""
    return _current is not None and _current.ending.is_set()


def raise_if_requested(detail: str = "") -> None:
    """Raise CommandInterruptedError if a signal has asked this command to end."""
    if is_requested():
        raise CommandInterruptedError(detail)


@contextmanager
def stop_request(request: Callable[[], bool]) -> Iterator[None]:
    """Call `request` at the first signal during the block; True if the block will end gracefully soon."""
    _requests.append(request)
    try:
        yield
    finally:
        _requests.remove(request)


@contextmanager
def interruption_detail(describe: Callable[[], str]) -> Iterator[None]:
    """Say what is left and how to continue if a signal ends the block; it can decorate a function, too.

    Args:
        describe: returns the detail of the interruption.

    Raises:
        CommandInterruptedError: a signal ended the block.
    """
    try:
        yield
    except BaseException as error:
        if not is_ending():
            raise
        # Calls to a JVM that has ended replace the interruption by their own errors.
        raise CommandInterruptedError(describe()) from error


def call_before_exit(stop: Callable[[], None]) -> None:
    """Call `stop`, in a separate thread, before the processes of an interrupted command are ended."""
    if stop not in _stops:
        _stops.append(stop)


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Remove `path`, a local file or folder, if the process is forced to exit inside the block."""
    _unfinished.add(path)
    try:
        yield
    finally:
        _unfinished.discard(path)


def discard_unfinished() -> None:
    """Remove the unfinished files and folders of a process that is about to exit."""
    for path in tuple(_unfinished):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _duplicate_stderr() -> int:
    """Return another descriptor of standard error; code that captures its output may redirect 2."""
    try:
        return os.dup(2)
    except OSError:
        # Standard error is closed.
        return -1


def _silence_stderr() -> None:
    with suppress(OSError):
        sys.stderr.flush()
    discard_output(2)
