"""Files out of a Debian or Ubuntu package, without installing it and without being root.

apt checks what it downloads against the distribution's signature.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from headrace.errors import DataError
from headrace.fetch import external_tool


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
    external_tool.run(command[0], command, folder, _complaint)


def _complaint(log: str) -> str | None:
    complaints = [line for line in log.splitlines() if not line.startswith("W:")]
    return complaints[-1] if complaints else None
