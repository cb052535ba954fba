"""`headrace watch`: cycles by the clock, for a machine that has neither cron nor Airflow.

Each cycle is a process of its own: what it leaks ends with it, and one that dies takes nothing along.
"""

import datetime
import logging
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from headrace.errors import ConfigurationError

log = logging.getLogger(__name__)

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def trigger(every: str | None, cron: str | None) -> BaseTrigger:
    """When cycles begin: `every` such as 1h or 30m, or `cron` such as `0 3 * * *`, in this machine's time.

    Raises:
        ConfigurationError: it is neither or both, or cannot be read.
    """
    if (every is None) == (cron is None):
        raise ConfigurationError("Expected either --every, such as --every 1h, or --cron, such as --cron '0 3 * * *'.")
    if cron is not None:
        try:
            return CronTrigger.from_crontab(cron)
        except ValueError as error:
            raise ConfigurationError(f"--cron {cron!r} is no cron expression of five fields: {error}.") from None
    found = re.fullmatch(r"([1-9][0-9]*)([smhdw])", str(every))
    if found is None:
        raise ConfigurationError(f"--every {every!r} is no time; expected a number and s, m, h, d or w, such as 1h.")
    return IntervalTrigger(**{UNITS[found[2]]: int(found[1])})


@dataclass
class Watch:
    """Begins cycles until it is told to stop.

    Attributes:
        words: of `headrace retrain`.
        times: cycles to begin at most; without end if None.
    """

    words: Sequence[str]
    times: int | None = None
    codes: list[int] = field(default_factory=list)
    _scheduler: BlockingScheduler = field(default_factory=BlockingScheduler)
    _running: "subprocess.Popen[bytes] | None" = None
    _stopped: bool = False

    def run(self, when: BaseTrigger) -> dict[str, Any]:
        """Begin a cycle now and then whenever `when` says; one that is late is begun once, never twice at a time."""
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        now = datetime.datetime.now(datetime.UTC)
        self._scheduler.add_job(
            self._cycle, when, next_run_time=now, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()
        return {"cycles": len(self.codes), "exit_codes": self.codes}

    def _cycle(self) -> None:
        if self._stopped:
            return
        command = [sys.executable, "-m", "headrace", "retrain", *self.words]
        # A session of its own: Ctrl-C is for this process, which then ends the cycle.
        with subprocess.Popen(command, start_new_session=True) as process:
            self._running = process
            self.codes.append(process.wait())
            self._running = None
        log.info("The cycle ended with exit code %s", self.codes[-1])
        if len(self.codes) == self.times and not self._stopped:
            self._scheduler.shutdown(wait=False)

    def _stop(self, number: int, _: FrameType | None) -> None:
        """End the cycle that is under way; the next watch, or person, goes on with it."""
        if self._stopped:
            return
        log.info("Stopping on %s", signal.Signals(number).name)
        self._stopped = True
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)
        self._scheduler.shutdown(wait=True)
