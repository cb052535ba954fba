"""Keep libtiff from writing errors to standard error, which name no file; Pillow raises them too, without the text."""

import ctypes
from contextlib import suppress
from pathlib import Path

import PIL._imaging  # noqa: F401  loads libtiff

MAPS = Path("/proc/self/maps")


def quiet_libtiff() -> None:
    """Remove the error handler of each libtiff that this process has loaded; do nothing where none is found."""
    with suppress(OSError, AttributeError):
        lines = MAPS.read_text(errors="surrogateescape").splitlines()
        for path in sorted({line.split(maxsplit=5)[-1] for line in lines if "/libtiff" in line}):
            ctypes.CDLL(path).TIFFSetErrorHandler(None)
