"""Real servers of Azure's and Google's storage on this machine, installed by npm and Go into the user's cache."""

import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from headrace.locks.file_lock import lock_file
from tests.support.s3_server import free_port

# npm and Go verify the hashes of what they download, by the registry and by Go's checksum database.
AZURITE, FAKE_GCS = "3.35.0", "v1.56.1"
ACCOUNT = "devstoreaccount1"
# The verb's line, and those of eleven headers that the request lacks.
NO_HEADERS = "\n" * 12
# The key that every Azurite has, as its documentation says.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def _installed(name: str, program: str, command: list[str], environment: dict[str, str]) -> Path:
    """Return a program in the user's cache, which `command` installs once."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headrace-tests"
    cache.mkdir(parents=True, exist_ok=True)
    found = cache / name / program
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    with lock_file(cache / f"{name}.lock", "tests", wait=True):
        if not found.exists():
            (cache / name).mkdir(exist_ok=True)
            values = {key: value.replace("FOLDER", str(cache / name)) for key, value in environment.items()}
            subprocess.run(command, cwd=cache / name, env=os.environ | values, check=True, capture_output=True)
    return found


@contextmanager
def azure_server(container: str) -> Iterator[dict[str, str]]:
    """Run Azurite with one container, and yield the environment with which processes find it."""
    install = ["npm", "install", "--silent", "--no-save", f"azurite@{AZURITE}"]
    program = _installed(f"azurite-{AZURITE}", "node_modules/.bin/azurite-blob", install, {})
    url = f"http://127.0.0.1:{(port := free_port())}"
    words = [str(program), "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    with _running([*words, "--blobPort", str(port)], url):
        _make_container(url, container)
        yield {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": url}


def _make_container(url: str, name: str) -> None:
    """Create a container by a request that is signed as Azure's documentation of shared keys says."""
    date = email.utils.formatdate(usegmt=True)
    resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    text = f"PUT{NO_HEADERS}x-ms-date:{date}\nx-ms-version:2021-08-06\n{resource}"
    signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), hashlib.sha256)).decode()
    headers = {
        "x-ms-date": date,
        "x-ms-version": "2021-08-06",
        "Authorization": f"SharedKey {ACCOUNT}:{signature}",
        "Content-Length": "0",
    }
    request = urllib.request.Request(f"{url}/{ACCOUNT}/{name}?restype=container", method="PUT", headers=headers)
    urllib.request.urlopen(request).close()


@contextmanager
def google_server(bucket: str, folder: Path) -> Iterator[dict[str, str]]:
    """Run fake-gcs-server with one bucket, and yield the environment with which processes find it.

    Args:
        folder: where the file with its address is written.
    """
    install = ["go", "install", f"github.com/fsouza/fake-gcs-server@{FAKE_GCS}"]
    environment = {"GOBIN": "FOLDER", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    program = _installed(f"fake-gcs-server-{FAKE_GCS}", "fake-gcs-server", install, environment)
    server, address = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    words = ["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-log-level", "error"]
    words += ["-port", server.rpartition(":")[2], "-public-host", server.removeprefix("http://")]
    with (
        _running([str(program), *words], server),
        _running([sys.executable, __file__, address, server], address),
    ):
        named = json.dumps({"name": bucket}).encode()
        request = urllib.request.Request(f"{server}/storage/v1/b", named, {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()
        key = {"gcs_base_url": address, "disable_oauth": True, "client_email": "", "private_key": ""}
        (folder / "service-account.json").write_text(json.dumps(key | {"private_key_id": ""}))
        yield {"GOOGLE_SERVICE_ACCOUNT": str(folder / "service-account.json")}


@contextmanager
def _running(words: list[str], url: str) -> Iterator[None]:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(url, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers at {url}")


class UploadHandler(BaseHTTPRequestHandler):
    """Turns uploads of Google's XML interface, which fake-gcs-server lacks, into those of its JSON interface."""

    protocol_version = "HTTP/1.1"
    server_host = ""

    def handle_any(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(self.server_host)
        if self.command == "PUT":
            self.upload(connection, data)
            return
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")
        }
        connection.request(self.command, self.path, data, headers)
        response = connection.getresponse()
        body = response.read()
        length = response.getheader("Content-Length") if self.command == "HEAD" else None
        self.respond(response.status, response.getheaders(), body, length)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any  # noqa: N815

    def upload(self, connection: http.client.HTTPConnection, data: bytes) -> None:
        bucket, _, name = self.path.lstrip("/").partition("?")[0].partition("/")
        query = {"uploadType": "media", "name": urllib.parse.unquote(name)}
        if (generation := self.headers.get("x-goog-if-generation-match")) is not None:
            query["ifGenerationMatch"] = generation
        path = f"/upload/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}"
        connection.request("POST", path, data, {"Content-Type": "application/octet-stream"})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            missing = b"<Error><Code>NoSuchBucket</Code></Error>" if response.status == 404 else b""
            self.respond(response.status, [], missing, None)
            return
        found = json.loads(body)
        tag = found["etag"].strip('"')
        self.respond(200, [("ETag", f'"{tag}"'), ("x-goog-generation", found["generation"])], b"", None)

    def respond(self, status: int, headers: list[tuple[str, str]], body: bytes, length: str | None) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    UploadHandler.server_host = sys.argv[2].removeprefix("http://")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1].rpartition(":")[2])), UploadHandler).serve_forever()
