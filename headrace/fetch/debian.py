"""Files out of a Debian or Ubuntu package, without installing it and without being root.

apt checks what it downloads against the distribution's signature.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from headrace.errors import DataError

LIMIT_SECONDS = 900


def has_packages() -> bool:
    """Whether this machine has the tools to download and open packages."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def unpack(package: str, folder: Path) -> Path:
    """Download `package` and unpack it below `folder`, which exists and is empty; returns where it lies.

    Raises:
        DataError: the package cannot be had or opened.
    """
    return unpack_archive(download(package, folder), folder / "contents")


def download(package: str, folder: Path) -> Path:
    """The file of `package`, brought into `folder`, which exists and is empty.

    The machine's own list of packages is used where it will do; where it is missing or too old, a list of our
    own is brought into `folder`, for which nobody needs to be root.

    Raises:
        DataError: the package cannot be had.
    """
    try:
        _run(["apt-get", "download", package], folder)
    except DataError:
        own = _own_lists(folder)
        _run(["apt-get", *own, "update"], folder)
        _run(["apt-get", *own, "download", package], folder)
    archives = list(folder.glob("*.deb"))
    if len(archives) != 1:
        raise DataError(f"apt-get downloaded {len(archives)} files for the package {package}, expected one.")
    return archives[0]


def unpack_archive(archive: Path, target: Path) -> Path:
    """Unpack the file of a package into `target`, which is returned.

    Raises:
        DataError: it cannot be opened.
    """
    _run(["dpkg-deb", "-x", str(archive.absolute()), str(target.absolute())], archive.parent)
    return target


def _own_lists(folder: Path) -> list[str]:
    places = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache"}
    for place in places.values():
        (place / "partial").mkdir(parents=True, exist_ok=True)
    # As root, apt downloads as another user, who cannot enter a temporary folder of root's.
    settings = {**places, "APT::Sandbox::User": "root"}
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"{command[0]} did not finish: {error}.") from None
    if done.returncode != 0:
        complaints = [line for line in done.stderr.splitlines() if not line.startswith("W:")]
        said = complaints[-1] if complaints else f"exit code {done.returncode}"
        raise DataError(f"{command[0]} failed: {said}.")
