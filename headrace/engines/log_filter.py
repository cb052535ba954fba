"""Lines that engines write to standard error and that say nothing, kept from users; every other line is passed on.

TensorFlow 2.21 writes some while its libraries are loaded, before any setting of its logging is read, and Java some
before Spark's logging begins. So lines are what is filtered, by a process of its own: it outlives the program that
writes them, so that the last words of one that crashes are passed on too.
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
    # absl, before TensorFlow has told it where to log: a notice of that, and messages of the lowest level.
    WARNING:\ All\ log\ messages\ before\ absl::InitializeLog\(\)\ is\ called\ are\ written\ to\ STDERR
    | I0000\ 00:00:\d+\.\d+\s+\d+\ \S+\.cc:\d+\]
    # Java, about options that Spark's own launcher gives it, and those in the environment.
    | WARNING:\ Using\ incubator\ modules:\ jdk\.incubator\.vector\s*$
    | WARNING:\ package\ sun\.security\.action\ not\ in\ java\.base\s*$
    | (NOTE:\ )?Picked\ up\ (_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS):
    # Spark, about its own defaults.
    | Using\ Spark's\ default\ log4j\ profile:
    | Setting\ default\ log\ level\ to\ "WARN"\.
    | To\ adjust\ logging\ level\ use\ sc\.setLogLevel
    # PySpark, about a pandas that Headrace is tested with; the second line is Python's quotation.
    | .*FutureWarning:\ PySpark\ does\ not\ yet\ fully\ support\ pandas\ >=\ 3
    | \ \ require_minimum_pandas_version\(\)\s*$
    """,
    re.VERBOSE,
)
LONGEST_LINE = 1_000_000
# To wait for the last lines of an import; whatever it started may hold its standard error for longer.
LAST_LINES_SECONDS = 1.0


def is_noise(line: str) -> bool:
    """Return whether a line of standard error says nothing."""
    return NOISE.match(line) is not None


def without_noise(text: str) -> str:
    """Return `text` without the lines that say nothing."""
    return "".join(line for line in text.splitlines(keepends=True) if not is_noise(line))


def start_filter() -> "subprocess.Popen[bytes]":
    """Start a process that passes its standard input on to our standard error, without the lines that say nothing.

    It ends when nobody can write to it any more. Ctrl-C is not for it: who is interrupted has something to say.
    """
    program = [sys.executable, "-I", "-S", "-c", inspect.getsource(sys.modules[__name__])]
    return subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)


@contextmanager
def filtered_stderr() -> Iterator[None]:
    """Filter what this process, its libraries and the processes it starts write to standard error meanwhile."""
    try:
        kept = os.dup(2)
    except OSError:
        # Standard error is closed: nobody reads it.
        yield
        return
    process = start_filter()
    if process.stdin is None:
        raise OSError("the filter has no standard input")
    os.dup2(process.stdin.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(LAST_LINES_SECONDS)


class _TensorFlowFinder(MetaPathFinder):
    """Finds TensorFlow as Python does, and filters standard error while it is loaded."""

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of `tensorflow`, once, and None for everything else."""
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
    """Have TensorFlow say only what matters, in this process, from its import on; it must not be imported yet.

    Whoever has set TF_CPP_MIN_LOG_LEVEL to 0 wants to read everything.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0" or "tensorflow" in sys.modules:
        return
    if not any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TensorFlowFinder())


def copy_filtered(source: int, target: int) -> None:
    """Copy what is read from one file descriptor to another, without the lines that say nothing, to its end."""
    held = b""
    with suppress(OSError), open(target, "wb", closefd=False) as file:  # noqa: PTH123  a descriptor, not a path
        while chunk := os.read(source, 65536):
            *lines, held = (held + chunk).split(b"\n")
            file.writelines(line + b"\n" for line in lines if not is_noise(line.decode(errors="replace")))
            # A line that is written again and again, as a progress bar is, has no end to wait for.
            if b"\r" in held or len(held) > LONGEST_LINE:
                file.write(held)
                held = b""
            file.flush()
        file.write(held)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    copy_filtered(0, 2)
