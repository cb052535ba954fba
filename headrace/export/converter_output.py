"""What converters print: kept from the user where it says nothing, and read where it says what is missing."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

MISSING = re.compile(r"^(?:TF Select|Flex|Custom|TF custom) ops: (.+)$", re.MULTILINE)


@contextmanager
def captured_stderr() -> Iterator[Callable[[], str]]:
    """Keep what is written to standard error while the block runs, by C++ too; yield a function that returns it.

    TensorFlow's converters print every pass over a graph there, and Python cannot turn that off once TensorFlow is
    loaded. If the block raises, what was kept is printed after all.
    """
    sys.stderr.flush()
    original = os.dup(2)
    with TemporaryFile() as file:

        def read() -> str:
            sys.stderr.flush()
            return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")

        os.dup2(file.fileno(), 2)
        try:
            yield read
        except BaseException:
            os.write(original, read().encode())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)


def describe_failure(output: str) -> str:
    """Return in words what a TensorFlow Lite converter that failed lacks, from its error and what it printed."""
    missing = sorted({name for names in MISSING.findall(output) for name in re.split(r",\s*", names)})
    if missing:
        return f"it has no operation for {', '.join(missing)}"
    errors = re.findall(r"error: (.+)", output) or output.splitlines()
    return errors[0].strip() if errors else "its converter gave no reason"
