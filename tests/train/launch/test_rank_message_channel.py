"""The driver receives messages from its own ranks only."""

import json
import queue
import socket
from dataclasses import replace
from typing import Any

from headrace.train.launch.rank_message_channel import Sender, message_server


def test_message_server_receives_message_unchanged() -> None:
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    with message_server("127.0.0.1", received.put) as address:
        sender = Sender(address)
        sender.send({"kind": "log", "text": "café\nnext"})
        assert received.get(timeout=10) == {"kind": "log", "text": "café\nnext"}
        sender.close()


def test_message_server_ignores_sender_without_secret() -> None:
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    with message_server("127.0.0.1", received.put) as address:
        stranger = Sender(replace(address, secret="guessed"))
        stranger.send({"kind": "message", "text": "let me in"})
        friend = Sender(address)
        friend.send({"kind": "log", "text": "hello"})
        assert received.get(timeout=10)["text"] == "hello"
        assert received.empty()


def test_message_server_closes_connection_on_invalid_bytes() -> None:
    """The server keeps receiving from other senders."""
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    with message_server("127.0.0.1", received.put) as address:
        with socket.create_connection((address.host, address.port)) as stranger:
            stranger.sendall(b"\x80\x04\x95 a pickle\n")
            assert stranger.recv(1) == b""
        sender = Sender(address)
        sender.send({"still": "there"})
        assert received.get(timeout=10) == {"still": "there"}


def test_sender_ignores_stopped_driver() -> None:
    with message_server("127.0.0.1", lambda message: None) as address:
        sender = Sender(address)
    for _ in range(100):
        sender.send({"text": json.dumps("x" * 1000)})
