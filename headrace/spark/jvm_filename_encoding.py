"""Start Spark's JVM with the encoding of file names that Python uses.

In the locale C, the default of cron, containers and system services, Python uses UTF-8 (PEP 538 and 540). Java uses
ASCII, and only the locale changes that: from a working directory with another letter in its name Spark does not start.
"""

import locale
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.errors import ConfigurationError

UTF8_LOCALE = "C.UTF-8"
VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")


@contextmanager
def utf8_locale() -> Iterator[None]:
    """Start the processes of the block, and their children, in `UTF8_LOCALE` if Python uses UTF-8 without it."""
    if _is_utf8(locale.getencoding()) or not _is_utf8(sys.getfilesystemencoding()):
        yield
        return
    original = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = UTF8_LOCALE
    try:
        yield
    finally:
        if original is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = original


def require_readable_folder(encoding: str) -> None:
    """Raise if a JVM whose file names have this encoding cannot read the name of the working directory.

    Args:
        encoding: Java's property `sun.jnu.encoding`.

    Raises:
        ConfigurationError: it cannot; another program than Headrace has started the JVM, or there is no `UTF8_LOCALE`.
    """
    folder = str(Path.cwd())
    if folder.isascii() or _is_utf8(encoding):
        return
    raise ConfigurationError(
        f"Spark's JVM was started in the locale {name_locale()}, in which Java cannot read the name of the working "
        f"directory {folder!r}. Set LC_ALL={UTF8_LOCALE}, or work in a directory with an ASCII name."
    )


def name_locale() -> str:
    """Return the variable that sets the locale of this process, such as `LC_ALL=C`; `C` without one."""
    return next((f"{name}={os.environ[name]}" for name in VARIABLES if os.environ.get(name)), "C")


def _is_utf8(encoding: str) -> bool:
    return encoding.replace("-", "").lower() == "utf8"
