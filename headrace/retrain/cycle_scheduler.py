"""`headrace schedule`: run retraining cycles on a schedule where cron or Airflow is not available.

Each cycle runs in its own process, so that its memory is released at its end and a crash does not stop the schedule.
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
    """Return the trigger for `every`, such as 1h or 30m, or for `cron`, such as `0 3 * * *`, in local time.

    Raises:
        ConfigurationError: neither or both are given, or the value is invalid.
    """
    if (every is None) == (cron is None):
        raise ConfigurationError("Expected either --every, such as --every 1h, or --cron, such as --cron '0 3 * * *'.")
    if cron is not None:
        try:
            return CronTrigger.from_crontab(cron)
        except ValueError as error:
            raise ConfigurationError(f"--cron {cron!r} is not a cron expression of five fields: {error}.") from None
    match = re.fullmatch(r"([1-9][0-9]*)([smhdw])", str(every))
    if match is None:
        raise ConfigurationError(
            f"--every {every!r} is not an interval; expected a number and s, m, h, d or w, such as 1h."
        )
    return IntervalTrigger(**{UNITS[match[2]]: int(match[1])})


@dataclass
class CycleScheduler:
    """A scheduler that starts cycles until it receives SIGTERM or SIGINT.

    Attributes:
        arguments: command-line arguments of `headrace retrain`.
        times: maximum number of cycles; unlimited if None.
        exit_codes: exit codes of the cycles so far.
    """

    arguments: Sequence[str]
    times: int | None = None
    exit_codes: list[int] = field(default_factory=list)
    _scheduler: BlockingScheduler = field(default_factory=BlockingScheduler)
    _running: "subprocess.Popen[bytes] | None" = None
    _stopped: bool = False

    def run(self, schedule: BaseTrigger) -> dict[str, Any]:
        """Start a cycle now and then on schedule; a late cycle starts once, and cycles never overlap."""
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, self._stop)
        now = datetime.datetime.now(datetime.UTC)
        self._scheduler.add_job(
            self._cycle, schedule, next_run_time=now, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()
        return {"cycles": len(self.exit_codes), "exit_codes": self.exit_codes}

    def _cycle(self) -> None:
        if self._stopped:
            return
        command = [sys.executable, "-m", "headrace", "retrain", *self.arguments]
        # A new session: Ctrl-C reaches this process only, which then interrupts the cycle.
        with subprocess.Popen(command, start_new_session=True) as process:
            self._running = process
            self.exit_codes.append(process.wait())
            self._running = None
        log.info("The cycle ended with exit code %s", self.exit_codes[-1])
        if len(self.exit_codes) == self.times and not self._stopped:
            self._scheduler.shutdown(wait=False)

    def _stop(self, signal_number: int, _: FrameType | None) -> None:
        """Interrupt the running cycle; the next `headrace schedule` or `headrace retrain` resumes it."""
        # A second signal does not wait for the cycle's checkpoint.
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)
        if self._stopped:
            return
        log.info("Stopping on %s", signal.Signals(signal_number).name)
        self._stopped = True
        self._scheduler.shutdown(wait=True)
