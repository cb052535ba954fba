"""Write files and directories atomically, and remove directories."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.errors import ConfigurationError, HeadraceError
from headrace.processes.interruption import unfinished
from headrace.storage.disk_errors import WRITE_ERRORS, code_in_text
from headrace.storage.parse_location import is_remote


def atomic_write(path: Path, data: bytes | memoryview) -> None:
    """Write `data` to `path`; create missing parent folders.

    The file appears under its name only when it is completely on disk. Readers see the old or the new content; a writer
    that dies leaves at most a hidden temporary file next to it. A failed write leaves no new folder either.

    Raises:
        OSError: the file cannot be written; the old content of `path` is unchanged.
    """
    if is_remote(path):
        # A store publishes an object only when it is complete.
        path.write_bytes(data)
        return
    missing = _missing_parents(path)
    # Not the process ID: two machines that share the folder may have the same one.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    with unfinished(temporary), _named(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            _remove_empty(missing)
            raise


def _missing_parents(path: Path) -> list[Path]:
    """Return the folders above `path` that do not exist, the innermost first."""
    return [folder for folder in path.parents if not folder.exists()]


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        # Other processes may have written files there.
        with suppress(OSError):
            folder.rmdir()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Give the error of a write the path that is being written, which Python's error lacks."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in WRITE_ERRORS:
            error.filename = str(path)
        raise
    except Exception as error:
        # TensorFlow and HDF5 report a full disk with their own errors.
        code = code_in_text(str(error))
        if isinstance(error, HeadraceError) or code not in WRITE_ERRORS:
            raise
        raise OSError(code, os.strerror(code), str(path)) from error


@contextmanager
def atomic_directory(target: Path) -> Iterator[Path]:
    """Yield a new hidden folder next to `target` that replaces `target` when the block ends without an error.

    An existing `target` is removed; neither folder exists between the two renames. A block that fails leaves `target`
    unchanged and removes the hidden folder, and the folders above it that are new; a process that dies leaves them.

    A store cannot rename folders: there the block receives `target` itself, which is removed if the block fails.
    """
    if is_remote(target):
        with _removed_on_failure(target):
            yield target
        return
    hidden = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}")
    old = hidden.with_name(f"{hidden.name}.before")
    missing = _missing_parents(target)
    with unfinished(hidden), _named(target):
        try:
            hidden.mkdir(parents=True)
            yield hidden
            if target.exists():
                target.replace(old)
            hidden.replace(target)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            if old.exists() and not target.exists():
                old.replace(target)
            _remove_empty(missing)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)


def require_absent(output: Path) -> None:
    """Raise if there is something at `output`, where a command creates a folder.

    Raises:
        ConfigurationError: there is, be it a link without a target.
    """
    if output.exists() or output.is_symlink():
        raise ConfigurationError(f"The output {output} already exists; name a new folder or remove it.")


@contextmanager
def scratch_directory(target: Path) -> Iterator[Path]:
    """Yield a new hidden folder next to `target`, on the same storage, and remove it when the block ends.

    A local file in it can be moved to `target` at once. A block that fails leaves no new folder above `target` either.
    """
    hidden = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}")
    if is_remote(target):
        try:
            yield hidden
        finally:
            remove_tree(hidden)
        return
    missing = _missing_parents(target)
    with unfinished(hidden), _named(target):
        try:
            hidden.mkdir(parents=True)
            yield hidden
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
            _remove_empty(missing)


@contextmanager
def _removed_on_failure(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        remove_tree(target)
        raise


@contextmanager
def publish_directory(target: Path, last: str) -> Iterator[Path]:
    """Yield a folder like `atomic_directory`, but publish it completely on a store too; only this process may write it.

    On a store the block receives a local folder, uploaded when the block ends without an error: the file `last` is
    deleted first and uploaded last, so that readers who open it first never mix old and new files. The old files are
    removed before the first upload.

    Raises:
        StoreError: the store refuses the request, or does not respond; `last` is then missing, or nothing has changed.
    """
    if not is_remote(target):
        with atomic_directory(target) as folder:
            yield folder
        return
    with TemporaryDirectory(prefix="headrace-") as scratch:
        folder = Path(scratch)
        yield folder
        (target / last).unlink(missing_ok=True)
        remove_tree(target)
        files = sorted(file for file in folder.rglob("*") if file.is_file() and file != folder / last)
        for file in (*files, folder / last):
            (target / file.relative_to(folder)).write_bytes(file.read_bytes())


def remove_tree(folder: Path) -> None:
    """Remove `folder` and its content if it exists; ignore local files that cannot be removed.

    Raises:
        StoreError: the store refuses the request, or does not respond.
    """
    if not is_remote(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for file in folder.rglob("*"):
        file.unlink(missing_ok=True)
