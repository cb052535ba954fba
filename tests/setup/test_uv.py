"""uv is found, or installed into the checkout only: by pip or, without pip, by `fetch_uv.py`."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.setup.machine import COMPLETE, INTERPRETER, PACKAGES, PYTHON, ROOT, Machine

BROUGHT = f"setup: installing uv 0.13.9 into .tools\n{COMPLETE}"
NO_PYTHON = "Python 3.11 to 3.13 is missing; install one of them, on Debian or Ubuntu as root: apt-get install python3"
TINY_PROJECT = '[project]\nname = "tiny"\nversion = "0"\nrequires-python = ">=3.11,<3.14"\n'
TINY_LOCK = (
    'version = 1\nrevision = 3\nrequires-python = ">=3.11, <3.14"\n\n'
    '[[package]]\nname = "tiny"\nversion = "0"\nsource = { virtual = "." }\n'
)


@pytest.fixture
def machine_without_uv(machine: Machine) -> Machine:
    """Return a machine without uv, whose project is so small that the real uv has nothing to install."""
    machine.remove("uv")
    (machine.checkout / "pyproject.toml").write_text(TINY_PROJECT)
    (machine.checkout / "uv.lock").write_text(TINY_LOCK)
    packages = machine.checkout / PACKAGES
    kept = packages.rename(machine.checkout / "kept")
    shutil.rmtree(machine.checkout / ".venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", machine.checkout / ".venv"], check=True)
    shutil.copytree(kept, packages, dirs_exist_ok=True)
    return machine


def read_version(program: Path) -> str:
    """Return the version that `program` prints."""
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout


@pytest.mark.network
def test_setup_installs_uv_with_pip(machine_without_uv: Machine) -> None:
    assert machine_without_uv.set_up().stderr == BROUGHT
    assert read_version(machine_without_uv.checkout / ".tools" / "uv" / "bin" / "uv").startswith("uv 0.13.9")
    assert machine_without_uv.set_up().stderr == COMPLETE


@pytest.mark.network
@pytest.mark.parametrize("lacking", ["venv", "ensurepip", "pip"])
def test_setup_installs_uv_without_pip(machine_without_uv: Machine, lacking: str) -> None:
    body = {
        "venv": '[ "$2" != venv ] || { echo "No module named venv" >&2; exit 1; }',
        "ensurepip": f'[ "$2" != venv ] || {{ {INTERPRETER} -m venv --without-pip "$3"; exit 1; }}',
        "pip": f'[ "$2" != venv ] || exec {INTERPRETER} -m venv --without-pip "$3"',
    }[lacking]
    machine_without_uv.place(PYTHON, f'{body}\nexec {INTERPRETER} "$@"')
    assert machine_without_uv.set_up().stderr == BROUGHT
    assert [path.name for path in (machine_without_uv.checkout / ".tools" / "uv").rglob("*") if path.is_file()] == [
        "uv"
    ]
    assert read_version(machine_without_uv.checkout / ".tools" / "uv" / "bin" / "uv").startswith("uv 0.13.9")


@pytest.mark.network
def test_setup_ignores_old_uv(machine_without_uv: Machine) -> None:
    machine_without_uv.place("uv", "echo uv 0.8.24")
    machine_without_uv.place(PYTHON, f'[ "$2" != venv ] || exit 1\nexec {INTERPRETER} "$@"')
    assert machine_without_uv.set_up().stderr == BROUGHT
    assert set(machine_without_uv.called("uv")) == {"uv --version"}


@pytest.mark.parametrize("version", ["0.9.0", "0.13.9 (x86_64-unknown-linux-gnu)", "1.0.2"])
def test_setup_uses_recent_uv_on_path(machine: Machine, version: str) -> None:
    machine.place("uv", f'[ "$1" != --version ] || echo "uv {version}"')
    assert machine.set_up().stderr == COMPLETE
    assert machine.called("uv")[-1] == "uv sync --frozen --check --python .venv/bin/python"


def test_setup_without_python_and_uv_reports_one_sentence(machine: Machine) -> None:
    machine.remove("uv", PYTHON)
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (2, f"setup: {NO_PYTHON}\n")


@dataclass
class Index:
    """A package index with one wheel of uv at `address`.

    Attributes:
        promised: the SHA-256 on its page.
        authorizations: the Authorization header of each request.
    """

    wheel: bytes
    promised: str
    address: str = ""
    authorizations: list[str | None] = field(default_factory=list)

    def answer(self, path: str) -> bytes:
        """Return the page of uv or the wheel."""
        name = f"uv-9.9.9-py3-none-manylinux_2_17_{platform.machine()}.manylinux2014_{platform.machine()}.whl"
        other = "uv-9.9.9-py3-none-manylinux_2_17_s390x.manylinux2014_s390x.whl"
        page = f'<a href="../files/{other}#sha256=0">x</a><a href="../../files/{name}#sha256={self.promised}">x</a>'
        return page.encode() if path.endswith("/uv/") else self.wheel if path == f"/files/{name}" else b""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """Serve an index over HTTP; its uv is a script."""
    path = tmp_path / "uv.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-9.9.9.data/scripts/uv", "#!/bin/sh\necho uv 9.9.9\n")
    wheel = path.read_bytes()
    index = Index(wheel, hashlib.sha256(wheel).hexdigest())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.authorizations.append(self.headers["Authorization"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(index.answer(self.path))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.address = f"127.0.0.1:{server.server_port}/simple"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield index
    server.shutdown()
    server.server_close()


def fetch_uv(folder: Path, version: str = "9.9.9", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `.ci/fetch_uv.py` without pip and site-packages, as on a plain system Python."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    return subprocess.run(
        [sys.executable, "-I", "-S", ROOT / ".ci" / "fetch_uv.py", version, folder],
        env={**clean, "no_proxy": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("variable", ["PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_fetch_uv_uses_configured_index(index: Index, tmp_path: Path, variable: str) -> None:
    done = fetch_uv(tmp_path / "bin", **{variable: f"http://{index.address}/"})
    assert (done.returncode, done.stderr) == (0, "")
    assert read_version(tmp_path / "bin" / "uv") == "uv 9.9.9\n"
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["uv"]


def test_fetch_uv_accepts_named_index(index: Index, tmp_path: Path) -> None:
    assert fetch_uv(tmp_path / "bin", UV_DEFAULT_INDEX=f"house=http://{index.address}").returncode == 0


def test_fetch_uv_uses_but_never_shows_credentials(index: Index, tmp_path: Path) -> None:
    assert fetch_uv(tmp_path / "bin", PIP_INDEX_URL=f"http://me:hush%21@{index.address}").returncode == 0
    assert index.authorizations == ["Basic bWU6aHVzaCE="] * 2
    index.promised = "0" * 64
    refused = fetch_uv(tmp_path / "bin", PIP_INDEX_URL=f"http://me:hush%21@{index.address}")
    assert "hush" not in refused.stderr
    assert f"http://{index.address}" in refused.stderr


def test_fetch_uv_refuses_wheel_with_another_sha256(index: Index, tmp_path: Path) -> None:
    index.promised = "0" * 64
    done = fetch_uv(tmp_path / "bin", PIP_INDEX_URL=f"http://{index.address}")
    assert done.returncode == 1
    assert "the SHA-256 of the downloaded wheel differs from that of the index" in done.stderr
    assert not (tmp_path / "bin").exists()


def test_fetch_uv_reports_missing_version_in_one_sentence(index: Index, tmp_path: Path) -> None:
    done = fetch_uv(tmp_path / "bin", "9.9.8", PIP_INDEX_URL=f"http://{index.address}")
    expected = f"it has no uv 9.9.8 for {platform.machine()}); connect this machine, or install uv yourself.\n"
    assert done.stderr.endswith(expected)
    assert done.stderr.count("\n") == 1
