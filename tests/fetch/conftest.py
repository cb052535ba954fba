"""Fashion-MNIST, downloaded once per session into a cache of the session."""

import gzip
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from headrace.fetch.dataset_formats.dataset_written_as_images import Split
from headrace.fetch.datasets import fashion_mnist


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the four real files."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        fashion_mnist.read()
    return folder / "headrace" / "fashion-mnist"


@pytest.fixture
def cached(originals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a cache with the four files the cache of this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(originals.parent.parent))


@pytest.fixture
def original(cached: None) -> dict[str, Split]:
    """Return the real splits."""
    return fashion_mnist.read()[0]


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set an empty cache for this test; return its folder, which does not exist yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty-cache"))
    return tmp_path / "empty-cache" / "headrace" / "fashion-mnist"


@pytest.fixture(scope="session")
def copies(originals: Path) -> dict[str, bytes]:
    """Return the four files compressed as on the web, by file name."""
    return {f"{name}.gz": gzip.compress((originals / name).read_bytes(), 1) for name in fashion_mnist.DIGESTS}


@pytest.fixture
def web(copies: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder of the four files over HTTP as the only source of downloads; yield the folder."""
    folder = tmp_path / "web"
    folder.mkdir()
    for name, content in copies.items():
        (folder / name).write_bytes(content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(fashion_mnist, "ADDRESS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("headrace.fetch.debian_packages.has_packages", lambda: False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield folder
    server.shutdown()
    server.server_close()
