"""Processor time in seconds that a command and its descendants have used, at any moment while it runs."""

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
    """Samples of processor time, in order.

    Attributes:
        moments: times of the samples, on the clock of file times.
        seconds: processor time until then, including that of ended processes.
    """

    moments: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def at(self, moment: float) -> float:
        """Return the processor time at this moment, interpolated between two samples."""
        return float(np.interp(moment, self.moments, self.seconds))


def run(command: list[str]) -> tuple[str, ProcessorTime]:
    """Run `command` and return its standard output and processor time; exit if it fails."""
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
    """Take samples until `ended` is set."""
    taken: dict[int, float] = {}
    while not ended.is_set():
        moment = time.time()
        for process in _process_tree(root):
            try:
                spent = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            taken[process.pid] = spent.user + spent.system
        found.moments.append(moment)
        found.seconds.append(sum(taken.values()))
        ended.wait(EVERY_SECONDS)


def _process_tree(root: psutil.Process) -> list[psutil.Process]:
    """Return the process and its descendants."""
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
