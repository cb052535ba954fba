"""Fashion-MNIST is read from the cache, the Debian package or the web, and refused if it differs from the original."""

import gzip
import logging
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

from headrace.errors import DataError
from headrace.fetch import debian_packages
from headrace.fetch.dataset_formats.dataset_written_as_images import Split
from headrace.fetch.datasets import fashion_mnist


def test_original_has_70000_images_in_ten_balanced_classes(original: dict[str, Split]) -> None:
    for name, size in {"train": 60_000, "test": 10_000}.items():
        assert original[name].images.shape == (size, 28, 28)
        assert np.bincount(original[name].labels).tolist() == [size // 10] * 10


def test_first_image_is_the_known_ankle_boot(original: dict[str, Split]) -> None:
    assert fashion_mnist.CLASSES[original["train"].labels[0]] == "ankle-boot"
    assert original["train"].images[0].sum() == 76_247


@pytest.mark.network
@pytest.mark.skipif(not debian_packages.has_packages(), reason="apt-get and dpkg-deb are not on this machine")
def test_read_uses_debian_package_and_caches_it(empty_cache: Path) -> None:
    assert fashion_mnist.read()[1] == "package dataset-fashion-mnist"
    assert {path.name for path in empty_cache.iterdir()} == set(fashion_mnist.DIGESTS)
    assert fashion_mnist.read()[1] == str(empty_cache)


def test_read_uses_the_web_without_packages(web: Path, empty_cache: Path) -> None:
    splits, source = fashion_mnist.read()
    assert source.startswith("http://127.0.0.1")
    assert len(splits["test"].labels) == 10_000


def test_changed_copy_is_refused(originals: Path, web: Path, empty_cache: Path) -> None:
    changed = bytearray((originals / "t10k-labels-idx1-ubyte").read_bytes())
    changed[-1] ^= 1
    (web / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(changed)))
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte has a different SHA-256"):
        fashion_mnist.read()
    assert not empty_cache.exists()


def test_truncated_download_is_refused(web: Path, empty_cache: Path) -> None:
    half = web / "train-labels-idx1-ubyte.gz"
    half.write_bytes(half.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz is damaged"):
        fashion_mnist.read()


def test_error_without_connection_reports_where_to_place_the_files(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(fashion_mnist, "ADDRESS", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setattr("headrace.fetch.debian_packages.has_packages", lambda: False)
        with pytest.raises(DataError) as refused:
            fashion_mnist.read()
    assert "Connection refused" in str(refused.value)
    assert f"place the files {', '.join(fashion_mnist.DIGESTS)} in {empty_cache}" in str(refused.value)


def test_read_accepts_files_placed_in_the_cache(originals: Path, empty_cache: Path) -> None:
    shutil.copytree(originals, empty_cache)
    assert fashion_mnist.read()[1] == str(empty_cache)


def test_damaged_file_in_the_cache_is_downloaded_again(
    originals: Path, web: Path, empty_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(originals, empty_cache)
    damaged = empty_cache / "train-labels-idx1-ubyte"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        assert fashion_mnist.read()[1].startswith("http://127.0.0.1")
    assert "is damaged" in caplog.text
    assert damaged.read_bytes() == (originals / damaged.name).read_bytes()


def test_unwritable_cache_is_only_a_warning(
    web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        assert set(fashion_mnist.read()[0]) == {"train", "test"}
    assert "was not cached" in caplog.text
