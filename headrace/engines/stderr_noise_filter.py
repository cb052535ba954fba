"""Drop known noise that engines write to standard error, and pass on everything else.

TensorFlow 2.21 writes some while its libraries load, before it reads any logging setting; Java writes some before
Spark configures its logging. Therefore the lines themselves are filtered, by a separate process: it outlives the
process that writes them, so the last lines before a crash are passed on too.
"""

import importlib.util
import inspect
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

NOISE = re.compile(
    r"""
    # absl, before TensorFlow initialises its logging: a notice about it, and INFO messages.
    WARNING:\ All\ log\ messages\ before\ absl::InitializeLog\(\)\ is\ called\ are\ written\ to\ STDERR
    | I0000\ 00:00:\d+\.\d+\s+\d+\ \S+\.cc:\d+\]
    # Java, about the options of Spark's launcher and of the environment.
    | WARNING:\ Using\ incubator\ modules:\ jdk\.incubator\.vector\s*$
    | WARNING:\ package\ sun\.security\.action\ not\ in\ java\.base\s*$
    | (NOTE:\ )?Picked\ up\ (_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS):
    # Spark, about its own defaults.
    | Using\ Spark's\ default\ log4j\ profile:
    | Setting\ default\ log\ level\ to\ "WARN"\.
    | To\ adjust\ logging\ level\ use\ sc\.setLogLevel
    # PySpark, about a pandas that Headrace is tested with; the second line is the source line that Python quotes.
    | .*FutureWarning:\ PySpark\ does\ not\ yet\ fully\ support\ pandas\ >=\ 3
    | \ \ require_minimum_pandas_version\(\)\s*$
    """,
    re.VERBOSE,
)
MAX_LINE_BYTES = 1_000_000
# Wait for the last lines of an import; processes that it started may hold standard error for longer.
LAST_LINES_SECONDS = 1.0


def is_noise(line: str) -> bool:
    """Return whether a line of standard error is meaningless to users."""
    return NOISE.match(line) is not None


def without_noise(text: str) -> str:
    """Return `text` without the meaningless lines."""
    return "".join(line for line in text.splitlines(keepends=True) if not is_noise(line))


def start_filter() -> "subprocess.Popen[bytes]":
    """Start a process that copies its standard input to this process's standard error, without meaningless lines.

    It ends when all writers have closed its input. It ignores Ctrl-C, so that it passes on what an interrupted
    process still writes.
    """
    command = [sys.executable, "-I", "-S", "-c", inspect.getsource(sys.modules[__name__])]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)


@contextmanager
def filtered_stderr() -> Iterator[None]:
    """Filter what this process, its libraries and its child processes write to standard error inside the block."""
    try:
        original = os.dup(2)
    except OSError:
        # Standard error is closed.
        yield
        return
    process = start_filter()
    if process.stdin is None:
        raise OSError("the filter has no standard input")
    os.dup2(process.stdin.fileno(), 2)
    try:
        yield
    finally:
        # This file is also run alone, without the package.
        from headrace.processes.interruption import is_ending

        if not is_ending():
            # An interrupted command has discarded standard error: a half-imported TensorFlow raises errors at exit.
            os.dup2(original, 2)
        os.close(original)
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(LAST_LINES_SECONDS)


class _TensorFlowFinder(MetaPathFinder):
    """An import finder that filters standard error while TensorFlow is loaded."""

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return Python's own spec of `tensorflow`, once; None for every other module."""
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_quietly(module: ModuleType) -> None:
                with filtered_stderr():
                    load(module)

            spec.loader.exec_module = load_quietly  # type: ignore[method-assign]
        return spec


def quiet_tensorflow() -> None:
    """Reduce TensorFlow's log to errors in this process; call it before TensorFlow is imported.

    TF_CPP_MIN_LOG_LEVEL=0 in the environment disables this and keeps every line.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0" or "tensorflow" in sys.modules:
        return
    if not any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TensorFlowFinder())


def copy_filtered(source: int, target: int) -> None:
    """Copy one file descriptor to another until its end, without the meaningless lines."""
    try:
        _copy_lines(source, target)
    except OSError:
        # The reader is gone; read on, so that writers do not fail with EPIPE.
        while os.read(source, 65536):
            pass


def _copy_lines(source: int, target: int) -> None:
    pending = b""
    with open(target, "wb", closefd=False) as file:  # noqa: PTH123  a descriptor, not a path
        while chunk := os.read(source, 65536):
            *lines, pending = (pending + chunk).split(b"\n")
            file.writelines(line + b"\n" for line in lines if not is_noise(line.decode(errors="replace")))
            # A progress bar rewrites its line and may never end it.
            if b"\r" in pending or len(pending) > MAX_LINE_BYTES:
                file.write(pending)
                pending = b""
            file.flush()
        file.write(pending)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    copy_filtered(0, 2)
