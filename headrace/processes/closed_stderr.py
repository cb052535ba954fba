"""Keep a command running after the reader of its standard error has gone, such as `head` or a closed SSH session."""

import io
import os
import sys


def discard_output(descriptor: int) -> None:
    """Discard whatever is written to a file descriptor from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


class _DiscardingFile(io.RawIOBase):
    """A file descriptor that discards what is written to it once nobody reads it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether the descriptor is that of a terminal."""
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: object) -> int:
        """Write all of `data`, or discard it and whatever follows if there is no reader; return its length."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        written = 0
        while written < len(view):
            try:
                written += os.write(self._descriptor, view[written:])
            except BrokenPipeError:
                # Libraries and child processes write to the descriptor itself.
                discard_output(self._descriptor)
        return len(view)


def ignore_lost_stderr_reader() -> None:
    """Discard what this process writes to standard error after its reader has gone, instead of failing."""
    original = sys.stderr
    try:
        descriptor = original.fileno()
    except (AttributeError, OSError):
        # It is closed, or a stream of the program that calls the command.
        return
    sys.stderr = io.TextIOWrapper(
        _DiscardingFile(descriptor),
        encoding=original.encoding,
        errors=original.errors,
        line_buffering=True,
        write_through=True,
    )
