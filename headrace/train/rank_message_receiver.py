"""Receive the ranks' messages on the driver: show progress, and record errors and the outcome."""

import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from json import loads
from typing import Any

from headrace import errors
from headrace.terminal_table import terminal_width
from headrace.train.launch.rank_message_channel import Message
from headrace.wording import figure

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 10.0
# Level and module, which the log of a rank has before each line, are omitted for ordinary messages of Headrace.
LOG_PREFIX = re.compile(r"^INFO headrace\.[\w.]+: ")

# Kinds of failures, causes before their consequences.
KILLED, OWN_ERROR, LOST_PEER = range(3)
# The loss of a machine or process may not recur; an error in a model, in data or in settings would.
RETRYABLE = (KILLED, LOST_PEER)


@dataclass
class RankMessageReceiver:
    """Receives every message of every rank; keeps the first error and the outcome.

    Attributes:
        total_steps: steps of the run, to estimate the remaining time.
        name: name of the run, the prefix of its lines; empty if only one run is trained.
        epoch_done: called with the metrics of every epoch.
        monitored: metric that decides on the best epoch, if the configuration names one; a narrow terminal shows it.
        is_training: whether the ranks are taking steps, and can stop after one.
    """

    total_steps: int
    name: str = ""
    epoch_done: Callable[[Message], None] | None = None
    monitored: str | None = None
    outcome: Message = field(default_factory=dict)
    first_step_at: float | None = None
    is_training: bool = False
    began: float = field(default_factory=time.monotonic)
    _shown_at: float = 0.0
    _pace_start: tuple[int, float] | None = None
    _failures: list[tuple[int, errors.HeadraceError]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin_attempt(self) -> None:
        """Forget the failures and the pace of the previous attempt."""
        self._failures.clear()
        self.is_training = False
        self._pace_start = None

    @property
    def is_retryable(self) -> bool:
        """Return whether a retry may succeed, judging by the failures that the ranks reported."""
        return bool(self._failures) and min(kind for kind, _ in self._failures) in RETRYABLE

    @property
    def error(self) -> errors.HeadraceError | None:
        """The cause of the failure: a killed rank, else the first error, else a lost connection."""
        return min(self._failures, key=lambda failure: failure[0])[1] if self._failures else None

    def receive(self, message: Message) -> None:
        """Handle one message; called from several threads."""
        with self._lock:
            kind, rank = message.get("kind"), message.get("rank")
            if kind == "log":
                self._write_line(f"[rank {rank}] {LOG_PREFIX.sub('', str(message['text']))}")
            elif kind == "started":
                log.info("Rank %s runs on %s as process %s", rank, message["host"], message["pid"])
            elif kind == "killed":
                self._failures.append((KILLED, errors.TrainingError(f"Rank {rank} {message['text']}.")))
            elif kind == "message":
                self._handle(int(rank or 0), loads(str(message["text"])))

    def _handle(self, rank: int, message: Message) -> None:
        kind = message["kind"]
        if kind == "lost peer":
            self._failures.append((LOST_PEER, errors.TrainingError(f"Rank {rank} {message['text']}.")))
        elif kind == "error":
            # A configuration error is the same on every rank; which rank reported it first means nothing.
            prefix = "" if message["error"] == "ConfigurationError" else f"Rank {rank}: "
            error = getattr(errors, message["error"])(prefix + message["text"])
            first = all(kind != OWN_ERROR for kind, _ in self._failures)
            self._failures.append((OWN_ERROR, error))
            # Other ranks mostly report the same error; their tracebacks are in their logs.
            if "traceback" in message and first:
                self._write_line(re.sub(r"\n\s*\n", "\n", message["traceback"]).rstrip())
        elif kind in ("done", "stopped"):
            self.outcome = message
            self.is_training = False
        elif kind == "ready" and rank == 0:
            self.is_training = True
            log.info("All ranks are ready at step %s of %s", message["step"], self.total_steps)
        elif kind == "progress":
            self._show_progress(message)

    def _show_progress(self, message: Message) -> None:
        if message["scope"] == "epoch" and self.epoch_done is not None:
            self.epoch_done(message)
        now = time.monotonic()
        if self.first_step_at is None:
            self.first_step_at = now
        interval = 0.5 if sys.stderr.isatty() else SECONDS_BETWEEN_LINES
        if message["scope"] == "step" and now - self._shown_at < interval:
            return
        self._shown_at = now
        text = self._format(message, terminal_width(sys.stderr))
        if sys.stderr.isatty() and message["scope"] == "step":
            sys.stderr.write(f"\r\x1b[K{self._prefix}{text}")
            sys.stderr.flush()
        else:
            self._write_line(text)

    def _format(self, message: Message, width: int | None) -> str:
        # The metrics of a step and the means over its epoch differ, even in the last step.
        done = " done" if message["scope"] == "epoch" else ""
        text = f"epoch {message['epoch'] + 1}{done}, step {message['step']} of {self.total_steps}: "
        speed: Any = message.get("samples_per_second")
        end = "" if speed is None else f", {speed:.0f} rows/s{self._remaining_time(message)}"
        room = None if width is None else width - len(self._prefix) - len(text) - len(end)
        return text + self._format_metrics(message, room) + end

    def _format_metrics(self, message: Message, room: int | None) -> str:
        """Return the metrics that fit in `room` characters: the losses and the monitored one, then the first others."""
        hidden = ("kind", "scope", "step", "epoch", "seconds", "samples_per_second", "gradient_norm", "learning_rate")
        texts = {name: f"{name} {figure(value)}" for name, value in message.items() if name not in hidden}
        if room is None:
            return ", ".join(texts.values())
        kept = {name for name in ("loss", "val_loss", self.monitored) if name in texts}
        for name in texts:
            if len(_join(texts, kept | {name})) <= room:
                kept.add(name)
        return _join(texts, kept)

    def _remaining_time(self, message: Message) -> str:
        """Return the estimated remaining time by the pace since the first report; empty at the first and the last."""
        now = (message["step"], message["seconds"])
        self._pace_start = self._pace_start if self._pace_start and self._pace_start[0] <= now[0] else now
        steps, seconds = now[0] - self._pace_start[0], now[1] - self._pace_start[1]
        remaining = self.total_steps - now[0]
        return f", about {seconds / steps * remaining:.0f} s left" if steps and remaining else ""

    @property
    def _prefix(self) -> str:
        return f"{self.name}: " if self.name else ""

    def _write_line(self, text: str) -> None:
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{clear}{self._prefix}{text}\n")
        sys.stderr.flush()


def _join(texts: Mapping[str, str], kept: Set[str]) -> str:
    """Return the texts that are kept; dots for the others."""
    return ", ".join([text for name, text in texts.items() if name in kept] + ["…"] * (len(kept) < len(texts)))
