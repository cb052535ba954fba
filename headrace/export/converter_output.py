"""Capture the output of model converters, and show it only on failure."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

MISSING_OPERATIONS = re.compile(r"^(?:TF Select|Flex|Custom|TF custom) ops: (.+)$", re.MULTILINE)


@contextmanager
def captured_stderr() -> Iterator[Callable[[], str]]:
    """Capture standard error, including output of C++, while the block runs; yield a function that returns it.

    TensorFlow's converters print every pass over a graph there, and Python cannot turn that off once TensorFlow is
    loaded. If the block raises, the captured output is printed.
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
        except Exception:
            os.write(original, read().encode())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)


def describe_failure(output: str) -> str:
    """Return why the TensorFlow Lite converter failed, as part of a sentence, from its error and its output."""
    missing = sorted({name for names in MISSING_OPERATIONS.findall(output) for name in re.split(r",\s*", names)})
    if missing:
        return f"it has no operation for {', '.join(missing)}"
    errors = re.findall(r"error: (.+)", output) or output.splitlines()
    return errors[0].strip() if errors else "its converter gave no reason"
