"""Find and terminate descendants of a process, and read when a process started."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return the processes below `pid`, children before their own children; none without /proc, as on macOS."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # The process may have ended. The name in parentheses may hold spaces.
        with suppress(OSError, IndexError):
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = list(children.get(pid, []))
    for process in found:
        found.extend(children.get(process, []))
    return found


def end_all(processes: list[int], seconds: float) -> None:
    """Terminate the processes, and kill those that still run after `seconds`."""
    _send(processes, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while any(map(_is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
    _send(processes, signal.SIGKILL)


def process_start(pid: int) -> float | None:
    """Return when the process `pid` began, in seconds since 1970; None if there is no such process, or a zombie.

    Without /proc, as on macOS, the start of a running process is unknown, and 0.
    """
    if not Path("/proc/stat").exists():
        with suppress(PermissionError):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return None
        return 0.0
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    # Field 22 of proc(5); two fields were before the state.
    return None if state in "ZX" else float(boot.split()[1]) + int(fields[18]) / os.sysconf("SC_CLK_TCK")


def _send(processes: list[int], number: int) -> None:
    for process in processes:
        with suppress(OSError):
            os.kill(process, number)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
