"""Hide local files from a network, and record its attempts to read them.

Only files that come with Python, with the operating system or with installed packages are there, and those of the
folders that are named. Reads by Python, `tf.io.gfile`, `tf.lookup` and `h5py` are seen; a C++ or Rust library that
opens a file by itself is not.
"""

import errno
import importlib.machinery
import os
import site
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev", "/opt", "/run", "/nix")
MODULES = tuple(importlib.machinery.all_suffixes())


class HiddenFiles:
    """The files that this process may read, and those that it was refused.

    Args:
        origin: working directory of the rank; files there are named when a relative path misses them.

    Attributes:
        refused: paths that exist on this machine and that the network tried to read, in order, without repetition.
    """

    def __init__(self, origin: Path) -> None:
        self.refused: dict[str, None] = {}
        self._origin = origin
        self._active = False
        self._installed = tuple(map(os.path.realpath, (*SYSTEM, *_installed())))
        self._importable = tuple(os.path.realpath(path) for path in sys.path if path)
        self._readable: tuple[str, ...] = ()
        _intercept_reads(self)

    @contextmanager
    def hide(self, *readable: Path) -> Iterator[None]:
        """Refuse reads of all other files than those in the folders `readable` while the block runs."""
        self._readable = (*self._installed, *map(os.path.realpath, readable))
        self.refused.clear()
        self._active = True
        try:
            yield
        finally:
            self._active = False

    def check(self, path: Any) -> None:
        """Raise as the operating system does for a missing file, if `path` is an existing file that is hidden.

        Raises:
            FileNotFoundError: the file is hidden.
        """
        if not self._active or not isinstance(path, str | bytes | os.PathLike):
            return
        real = os.path.realpath(os.fsdecode(path))
        if _below(real, self._readable) or (real.endswith(MODULES) and _below(real, self._importable)):
            self._remember_missing(real)
        elif _is_file(real):
            self.refused[real] = None
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(path))

    def _remember_missing(self, real: str) -> None:
        """Remember a file that is missing in the working directory of this process and is in that of the rank."""
        here = os.path.realpath(".")
        there = str(self._origin / os.path.relpath(real, here))
        if _below(real, (here,)) and not _is_file(real) and _is_file(there):
            self.refused[there] = None


_stat = os.stat


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(_stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _installed() -> list[str]:
    """Return the folders of Python and of installed packages."""
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages", ".zip"))]
    return [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), *packages]


def _intercept_reads(hidden: HiddenFiles) -> None:
    """Make every function that reads a file check with `hidden` first."""
    import h5py
    import tensorflow as tf
    from tensorflow.python.lib.io import file_io

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and _reads(arguments):
            hidden.check(arguments[0])

    sys.addaudithook(audit)
    _check_reads(os, "stat", hidden, position=0)
    _check_reads(tf.io.gfile, "exists", hidden, position=0)
    _check_reads(file_io.FileIO, "__init__", hidden, position=1)
    _check_reads(tf.lookup.TextFileInitializer, "__init__", hidden, position=1)
    _check_reads(h5py.File, "__init__", hidden, position=1)


def _reads(arguments: tuple[Any, ...]) -> bool:
    # `os.open` gives flags and no mode. What is only written was not needed.
    mode, flags = arguments[1], arguments[2]
    if mode is None:
        return bool(flags & os.O_ACCMODE != os.O_WRONLY)
    return "r" in mode or "+" in mode


def _check_reads(owner: Any, name: str, hidden: HiddenFiles, position: int) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    def checked(*arguments: Any, **options: Any) -> Any:
        path = arguments[position] if len(arguments) > position else None
        hidden.check(path if path is not None else options.get("filename", options.get("name", options.get("path"))))
        return original(*arguments, **options)

    setattr(owner, name, checked)
