"""Downloads the program `uv` from a package index with Python's standard library alone.

For machines whose Python has neither venv nor pip, such as Debian's plain python3.

Usage: fetch_uv.py VERSION FOLDER
"""

import base64
import hashlib
import io
import os
import platform
import re
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import URLError
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import Request, urlopen

PYPI = "https://pypi.org/simple"
ANSWER_SECONDS = 60


class Links(HTMLParser):
    """Parser that collects the targets of all links on a page."""

    def __init__(self) -> None:
        """Start without targets."""
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the target of a link."""
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]


def index_address() -> str:
    """Return the package index that uv or pip is configured to use, else PyPI."""
    configured = (os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"))
    address = next(filter(None, configured), PYPI)
    # uv also takes an index as NAME=ADDRESS.
    return re.sub(r"^[\w-]+=", "", address).rstrip("/")


def download(address: str) -> tuple[bytes, str]:
    """Return the content at `address`, and its final address after redirects, without credentials."""
    parts = urlsplit(address)
    request = Request(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    with urlopen(request, timeout=ANSWER_SECONDS) as answer:
        return answer.read(), answer.geturl()


def find_wheel(index: str, version: str) -> tuple[str, str]:
    """Return the address and the SHA-256 of the wheel of uv `version` for this processor."""
    page, base = download(f"{index}/uv/")
    links = Links()
    links.feed(page.decode())
    start, processor = f"uv-{version}-py3-none-manylinux", f"_{platform.machine()}."
    for target in links.targets:
        address, fragment = urldefrag(urljoin(base, target))
        name = unquote(address.rpartition("/")[2])
        if name.startswith(start) and processor in name and name.endswith(".whl"):
            return with_credentials(index, address), fragment.removeprefix("sha256=")
    raise ValueError(f"it has no uv {version} for {platform.machine()}")


def with_credentials(index: str, address: str) -> str:
    """Return `address` with the credentials of `index` if both are on the same host."""
    here, there = urlsplit(index), urlsplit(address)
    user, at, host = here.netloc.rpartition("@")
    return there._replace(netloc=user + at + host).geturl() if there.netloc == host else address


def unpack_program(wheel: bytes, folder: Path) -> None:
    """Write the program from `wheel` into `folder` atomically."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        (member,) = (name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
        program = archive.read(member)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".uv.{os.getpid()}"
    temporary.write_bytes(program)
    temporary.chmod(0o755)
    temporary.replace(folder / "uv")


def main(version: str, folder: Path) -> None:
    """Download uv `version` into `folder`, or exit with a one-sentence error."""
    index = index_address()
    shown = re.sub(r"//[^/@]*@", "//", index)
    try:
        address, sha256 = find_wheel(index, version)
        wheel = download(address)[0]
        if hashlib.sha256(wheel).hexdigest() != sha256:
            raise ValueError("the SHA-256 of the downloaded wheel differs from that of the index")
        unpack_program(wheel, folder)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        reason = error.reason if isinstance(error, URLError) else error
        sys.exit(
            f"setup: uv {version} cannot be downloaded from {shown} ({reason}); connect this machine, or install uv "
            "yourself."
        )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
