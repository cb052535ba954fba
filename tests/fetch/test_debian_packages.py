"""Files of a package are unpacked without installing it, without package lists and without root."""

import os
import tempfile
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from headrace.errors import DataError
from headrace.fetch import debian_packages

pytestmark = [
    pytest.mark.skipif(not debian_packages.has_packages(), reason="apt-get and dpkg-deb are not on this machine"),
    pytest.mark.network,
]
PACKAGE = "dataset-fashion-mnist"
FILE = "usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"
NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield an empty folder that every user can enter, unlike the folders of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def no_lists(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configure apt to read package lists from an empty folder; return the folder."""
    lists = open_folder / "machine" / "lists"
    (lists / "partial").mkdir(parents=True)
    settings = open_folder / "apt.conf"
    settings.write_text(f'Dir::State::lists "{lists}";\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n')
    monkeypatch.setenv("APT_CONFIG", str(settings))
    return lists


def test_unpack_downloads_private_package_lists_if_the_machine_has_none(no_lists: Path, tmp_path: Path) -> None:
    assert (debian_packages.unpack(PACKAGE, tmp_path) / FILE).is_file()
    assert [path.name for path in no_lists.iterdir()] == ["partial"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_unpack_works_without_root(no_lists: Path, open_folder: Path) -> None:
    folder = open_folder / "folder"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    process = get_context("fork").Process(target=unpack_as_nobody, args=(folder,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert (folder / "contents" / FILE).stat().st_uid == NOBODY


def unpack_as_nobody(folder: Path) -> None:
    """Give up root and unpack the package; needs its own process, because a process cannot regain root."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    debian_packages.unpack(PACKAGE, folder)


def test_unknown_package_is_reported_with_the_error_of_apt(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^apt-get failed: E: Unable to locate package no-such-package-here\.$"):
        debian_packages.unpack("no-such-package-here", tmp_path)
