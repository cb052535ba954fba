"""Send messages from ranks to the driver while they run: log lines, progress, errors.

The driver listens on its own interface; a task sends one JSON object per line, and the first must carry the job's
secret. No received data is unpickled or executed.
"""

import hmac
import json
import logging
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

log = logging.getLogger(__name__)

MAX_LINE_BYTES = 1_000_000

Message = dict[str, Any]


@dataclass(frozen=True)
class Address:
    """The address of the driver and the secret that the first message must carry."""

    host: str
    port: int
    secret: str


class Sender:
    """A task's connection to the driver; may be used by several threads."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection((address.host, address.port), timeout=30)
        self._lock = threading.Lock()
        self.send({"secret": address.secret})

    def send(self, message: Message) -> None:
        """Send one message; ignore a lost driver, because Spark then ends the task."""
        with self._lock, _ignore_lost_driver():
            self._socket.sendall(json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


@contextmanager
def _ignore_lost_driver() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.debug("The driver did not accept a message: %s", error)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    secret: str
    receive: Callable[[Message], None]


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast(_Server, self.server)
        first = self._message()
        if first is None or not hmac.compare_digest(str(first.get("secret", "")), server.secret):
            return
        while (message := self._message()) is not None:
            server.receive(message)

    def _message(self) -> Message | None:
        line = self.rfile.readline(MAX_LINE_BYTES)
        try:
            message = json.loads(line) if line else None
        except ValueError:
            return None
        return message if isinstance(message, dict) else None


@contextmanager
def message_server(host: str, receive: Callable[[Message], None]) -> Iterator[Address]:
    """Call `receive` with every message of the ranks, from several threads, while the context is open."""
    with _Server((host, 0), _Connection) as server:
        server.secret = secrets.token_hex(16)
        server.receive = receive
        threading.Thread(target=server.serve_forever, name="messages of ranks", daemon=True).start()
        try:
            yield Address(host, server.server_address[1], server.secret)
        finally:
            server.shutdown()
