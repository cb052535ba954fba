"""Cost of preparation as its input grows: `uv run --group bench python -m tests.bench.preparation_scale`.

photos    seconds for 1, 4 and 16 times as many, once Spark is up, and the peak memory of a Spark worker
files     seconds and memory that the driver needs to list and assign a million files of four bytes
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from headrace.config.configuration_model import Prepare
from tests.bench.photos import photo_configuration, write_photos

TIMES = (1, 4, 16)
CLASSES = 100


class WorkerMemory(threading.Thread):
    """Thread that records the largest memory of any of Spark's Python workers in MB, ten times per second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        """Record until `over` is set."""
        while not self.over.wait(0.1):
            for process in psutil.Process().children(recursive=True):
                try:
                    if "headrace.prepare.tasks.preloaded_daemon" in process.cmdline():
                        self.most = max(self.most, process.memory_info().rss / 2**20)
                except psutil.Error:
                    continue


def photos(folder: Path, count: int) -> dict[str, float]:
    """Return the seconds and the memory of a worker for `count` photos, in a program whose Spark is up."""
    from headrace.prepare.job import prepare

    raw = folder / f"raw-{count}"
    write_photos(raw, count)
    watch = WorkerMemory()
    watch.start()
    began = time.monotonic()
    written = prepare(photo_configuration(raw, folder / f"table-{count}"))["written"]
    seconds = time.monotonic() - began
    watch.over.set()
    watch.join()
    return {"photos": written, "seconds": round(seconds, 2), "worker_mb": round(watch.most)}


def files(folder: Path, count: int) -> dict[str, float]:
    """Return the figures of a process that only lists and assigns `count` files."""
    for number in range(CLASSES):
        (folder / f"class{number:03d}").mkdir(parents=True)
    for number in range(count):
        (folder / f"class{number % CLASSES:03d}" / f"{number:07d}.png").write_bytes(b"none")
    words = [sys.executable, "-m", "tests.bench.preparation_scale", "--list", str(folder)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def list_and_deal(folder: str) -> dict[str, float]:
    """Do what preparation does on the driver before Spark starts work."""
    from headrace.config.sections.source import Source
    from headrace.prepare.sources import list_source
    from headrace.prepare.tasks.task_chunks import make_chunks

    before, began = _peak_mb(), time.monotonic()
    listing = list_source(Source(path=folder))
    listed = time.monotonic() - began
    chunks = len(list(make_chunks(listing.files, Prepare(), 2)))
    seconds, memory = time.monotonic() - began, _peak_mb() - before
    return {
        "files": len(listing.files), "tasks": chunks, "seconds_to_list": round(listed, 2),
        "seconds": round(seconds, 2), "driver_mb": round(memory),
    }  # fmt: skip


def _peak_mb() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print the result as JSON."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--list", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.list:
        print(json.dumps(list_and_deal(options.list)))
        return
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as name:
        folder = Path(name)
        # Starts Spark and its workers.
        photos(folder / "warm", 100)
        grown = [photos(folder, times * options.photos) for times in TIMES]
        print(json.dumps({"photos": grown, "files": files(folder / "files", options.files)}))


if __name__ == "__main__":
    main()
