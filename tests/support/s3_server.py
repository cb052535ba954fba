"""A real S3 server in a separate process, and a proxy in front of it that injects faults."""

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit

FAULT_LOG = "/_faults"


def environment(url: str) -> dict[str, str]:
    """Return the environment variables with which a process reaches the server at `url`."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "of-no-use",
        "AWS_REGION": "us-east-1",
    }


def free_port() -> int:
    """Return a port at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's server, and yield its address."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(f"{url}/moto-api/", process)
        yield url
    finally:
        process.terminate()
        process.wait()


def make_bucket(url: str, name: str) -> None:
    """Create a bucket; the server accepts any credentials."""
    with urllib.request.urlopen(urllib.request.Request(f"{url}/{name}", method="PUT")):
        pass


def put(url: str, bucket: str, key: str, data: bytes = b"") -> None:
    """Put an object of any name, also of one that ends in a slash."""
    with urllib.request.urlopen(urllib.request.Request(f"{url}/{bucket}/{key}", data, method="PUT")):
        pass


class Fault(NamedTuple):
    """The response of a proxy to requests of one kind.

    Attributes:
        method: of the requests; all if empty.
        path_suffix: ending of their paths.
        status: of the response.
        times: number of such responses; later requests are forwarded.
        late: the request is forwarded all the same, and only the server's response is lost.
    """

    status: int
    code: str
    method: str = ""
    path_suffix: str = ""
    times: int = 1_000_000
    late: bool = False


def denied(method: str = "") -> Fault:
    """Return the fault that denies all requests, or those of `method`."""
    return Fault(403, "AccessDenied", method)


def busy(times: int = 1_000_000, method: str = "") -> Fault:
    """Return the fault of an overloaded server."""
    return Fault(503, "SlowDown", method, times=times)


@contextmanager
def proxy(url: str, *faults: Fault) -> Iterator[str]:
    """Run a proxy of the server at `url` in a separate process: `deltalake` lets no other thread of this one run.

    Yields its address; the requests that it has answered itself are at FAULT_LOG below it.
    """
    address = f"http://127.0.0.1:{(port := free_port())}"
    words = [sys.executable, __file__, str(port), url, json.dumps(faults)]
    process = subprocess.Popen(words)
    try:
        _await(f"{address}{FAULT_LOG}", process)
        yield address
    finally:
        process.terminate()
        process.wait()


def read_faults(address: str) -> list[str]:
    """Return methods and paths of the requests that the proxy at `address` has answered itself."""
    with urllib.request.urlopen(f"{address}{FAULT_LOG}") as response:
        found: list[str] = json.load(response)
    return found


class FaultProxyHandler(BaseHTTPRequestHandler):
    """Handler of the requests to the proxy."""

    server_url = ""
    faults: ClassVar[list[Fault]] = []
    seen: ClassVar[list[str]] = []

    def handle_any(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == FAULT_LOG:
            self.respond(200, [], json.dumps(self.seen).encode())
        elif fault := self.fault():
            if fault.late:
                self.forward(data)
            self.respond(fault.status, [], f"<Error><Code>{fault.code}</Code></Error>".encode())
        else:
            self.respond(*self.forward(data))

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any  # noqa: N815

    def fault(self) -> Fault | None:
        for number, one in enumerate(self.faults):
            if one.times and one.method in ("", self.command) and self.path.endswith(one.path_suffix):
                self.faults[number] = one._replace(times=one.times - 1)
                self.seen.append(f"{self.command} {self.path}")
                return one
        return None

    def forward(self, data: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.server_url).netloc)
        connection.request(self.command, self.path, data, dict(self.headers))
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()

    def respond(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        length = dict(headers).get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url).close()
        except URLError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing answers at {url}")


if __name__ == "__main__":
    FaultProxyHandler.server_url = sys.argv[2]
    FaultProxyHandler.faults = [Fault(*one) for one in json.loads(sys.argv[3])]
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), FaultProxyHandler).serve_forever()
