"""Seconds of processor time that a command and all that it starts have taken, at any moment while it ran."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import psutil

EVERY_SECONDS = 0.1


@dataclass
class ProcessorTime:
    """Samples, in the order in which they were taken.

    Attributes:
        moments: by the clock of the files' times.
        seconds: of processor time until then, of processes that have ended as well.
    """

    moments: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def at(self, moment: float) -> float:
        """Between two samples by interpolation."""
        return float(np.interp(moment, self.moments, self.seconds))


def run(command: list[str]) -> tuple[str, ProcessorTime]:
    """The standard output of `command`, and its processor time; a command that fails ends the program."""
    found, ended = ProcessorTime(), threading.Event()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        sampler = threading.Thread(target=_sample, args=(psutil.Process(process.pid), found, ended))
        sampler.start()
        output, errors = process.communicate()
        ended.set()
        sampler.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{errors[-3000:]}")
    return output, found


def _sample(root: psutil.Process, found: ProcessorTime, ended: threading.Event) -> None:
    taken: dict[int, float] = {}
    while not ended.is_set():
        moment = time.time()
        for process in _family(root):
            try:
                spent = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            taken[process.pid] = spent.user + spent.system
        found.moments.append(moment)
        found.seconds.append(sum(taken.values()))
        ended.wait(EVERY_SECONDS)


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
