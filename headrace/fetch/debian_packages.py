"""Read files from Debian or Ubuntu packages without installing them and without root.

apt verifies downloads against the signature of the distribution.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from headrace.errors import DataError
from headrace.fetch import external_program_run


def has_packages() -> bool:
    """Return whether this machine has the tools to download and unpack packages."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def unpack(package: str, folder: Path) -> Path:
    """Download `package` and unpack it below `folder`, an existing empty folder; return the folder of its contents.

    Raises:
        DataError: the package cannot be downloaded or unpacked.
    """
    return unpack_archive(download(package, folder), folder / "contents")


def download(package: str, folder: Path) -> Path:
    """Download `package`, or `package=version`, into `folder`, an existing empty folder; return the .deb file.

    If the machine's package lists are missing or outdated, this downloads new lists into `folder`, which does not need
    root.

    Raises:
        DataError: the package cannot be downloaded.
    """
    try:
        _run(["apt-get", "download", package], folder)
    except DataError:
        options = _private_list_options(folder)
        _run(["apt-get", *options, "update"], folder)
        _run(["apt-get", *options, "download", package], folder)
    archives = list(folder.glob("*.deb"))
    if len(archives) != 1:
        raise DataError(f"apt-get downloaded {len(archives)} files for the package {package}; expected 1.")
    return archives[0]


def file_name(package: str) -> str:
    """Return the name under which the file of a package is cached."""
    return f"{package}.deb"


def read_packages(versions: Mapping[str, str]) -> dict[str, bytes]:
    """Download packages, each in its version, and return their contents by `file_name`.

    Other releases of the distribution have other versions of a package, and apt then reports that there is none.

    Raises:
        DataError: this machine has no tools for packages, or one cannot be downloaded in its version.
    """
    if not has_packages():
        raise DataError("this machine lacks apt-get or dpkg-deb, which download and unpack packages.")
    contents = {}
    for package, version in versions.items():
        with tempfile.TemporaryDirectory(prefix="headrace-fetch-") as temporary:
            contents[file_name(package)] = download(f"{package}={version}", Path(temporary)).read_bytes()
    return contents


def unpack_archive(archive: Path, target: Path) -> Path:
    """Unpack a .deb file into `target` and return `target`.

    Raises:
        DataError: the file cannot be unpacked.
    """
    _run(["dpkg-deb", "-x", str(archive.absolute()), str(target.absolute())], archive.parent)
    return target


@contextmanager
def unpacked(package: bytes) -> Iterator[Path]:
    """Yield the folder of the contents of a package, which exists until the block ends.

    Raises:
        DataError: it cannot be unpacked.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-fetch-") as temporary:
        archive = Path(temporary, "package.deb")
        archive.write_bytes(package)
        yield unpack_archive(archive, Path(temporary, "contents"))


def _private_list_options(folder: Path) -> list[str]:
    """Return apt options that keep package lists and cache below `folder`."""
    folders = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache"}
    for path in folders.values():
        (path / "partial").mkdir(parents=True, exist_ok=True)
    # As root, apt downloads as another user, who has no access to root's temporary folder.
    settings = {**folders, "APT::Sandbox::User": "root"}
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _run(command: Sequence[str], folder: Path) -> None:
    external_program_run.run(command[0], command, folder, _find_error)


def _find_error(log: str) -> str | None:
    """Return the last line of apt's output that is not a warning."""
    lines = [line for line in log.splitlines() if not line.startswith("W:")]
    return lines[-1] if lines else None
