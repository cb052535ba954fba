"""The driver hears its own ranks and nobody else."""

import json
import queue
import socket
from dataclasses import replace
from typing import Any

from headrace.train.launch.rank_messages import Sender, message_server


def test_a_message_reaches_the_driver_as_it_was_sent() -> None:
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    with message_server("127.0.0.1", received.put) as address:
        sender = Sender(address)
        sender.send({"kind": "log", "text": "café\nnext"})
        assert received.get(timeout=10) == {"kind": "log", "text": "café\nnext"}
        sender.close()


def test_without_the_secret_nothing_is_received() -> None:
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    with message_server("127.0.0.1", received.put) as address:
        stranger = Sender(replace(address, secret="guessed"))
        stranger.send({"kind": "message", "text": "let me in"})
        friend = Sender(address)
        friend.send({"kind": "log", "text": "hello"})
        assert received.get(timeout=10)["text"] == "hello"
        assert received.empty()


def test_bytes_that_are_no_message_end_the_connection_and_nothing_else() -> None:
    received: queue.Queue[dict[str, Any]] = queue.Queue()
    with message_server("127.0.0.1", received.put) as address:
        with socket.create_connection((address.host, address.port)) as stranger:
            stranger.sendall(b"\x80\x04\x95 a pickle\n")
            assert stranger.recv(1) == b""
        sender = Sender(address)
        sender.send({"still": "there"})
        assert received.get(timeout=10) == {"still": "there"}


def test_a_driver_that_is_gone_does_not_stop_a_rank() -> None:
    with message_server("127.0.0.1", lambda message: None) as address:
        sender = Sender(address)
    for _ in range(100):
        sender.send({"text": json.dumps("x" * 1000)})
