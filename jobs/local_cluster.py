"""A Spark standalone cluster on this machine: a master and workers as separate processes on the loopback interface.

    python jobs/local_cluster.py [--workers 2] [--cores 1]

It prints one JSON object with the master's URL and runs until it is interrupted. It behaves like a cluster, unlike
local mode: executors are separate processes, register late, and can die.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pyspark

SECONDS_TO_START = 60.0
SPARK_HOME = Path(pyspark.__file__).parent
MASTER_STARTED = re.compile(r"Starting Spark master at (spark://\S+)")
WORKER_STARTED = re.compile(r"Successfully registered with master (\S+)")


class LocalCluster:
    """A context manager that runs the cluster and terminates its processes at the end.

    Args:
        folder: folder for logs and the executors' working folders.
        workers: number of workers.
        cores: cores of each worker.
        gpus: GPU addresses that each worker reports.
        settings: Spark settings of the master and the workers, such as spark.authenticate.
        home: Spark's home folder; default: that of the installed PySpark.
    """

    def __init__(
        self,
        folder: Path,
        workers: int = 2,
        cores: int = 1,
        gpus: tuple[str, ...] = (),
        settings: Mapping[str, str] | None = None,
        home: Path = SPARK_HOME,
    ) -> None:
        self.home = home
        self.folder, self.cores, self.gpus, self.settings = folder, cores, gpus, dict(settings or {})
        self.workers: list[subprocess.Popen[bytes]] = []
        self._number = workers
        self._started = 0

    def __enter__(self) -> "LocalCluster":
        self.folder.mkdir(parents=True, exist_ok=True)
        words = ("deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self._master, log = self._start("master", *words, *self._properties("master", self.settings))
        self.url = self._wait(self._master, log, MASTER_STARTED)
        for _ in range(self._number):
            self.add_worker()
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self._master):
            process.terminate()
        for process in (*self.workers, self._master):
            process.wait()

    def add_worker(self) -> None:
        """Start one more worker and wait until it has registered with the master."""
        self._started += 1
        name = f"worker-{self._started}"
        properties = self._properties(name, self.settings | self._gpu_settings(name))
        words = ("--host", "127.0.0.1", "--webui-port", "0", "--cores", str(self.cores), "--memory", "2g")
        work = ("--work-dir", str(self.folder / name), *properties, self.url)
        worker, log = self._start(name, "deploy.worker.Worker", *words, *work)
        self.workers.append(worker)
        self._wait(worker, log, WORKER_STARTED)

    def _gpu_settings(self, name: str) -> dict[str, str]:
        """Return settings with a GPU discovery script that reports this worker's addresses."""
        if not self.gpus:
            return {}
        script = self.folder / f"{name}-gpus.sh"
        script.write_text(f"#!/bin/sh\necho '{json.dumps({'name': 'gpu', 'addresses': self.gpus})}'\n")
        script.chmod(0o755)
        resource = "spark.worker.resource.gpu"
        return {f"{resource}.amount": str(len(self.gpus)), f"{resource}.discoveryScript": str(script)}

    def _properties(self, name: str, settings: Mapping[str, str]) -> tuple[str, ...]:
        """Return options for a file of settings; other users could read secrets on the command line."""
        if not settings:
            return ()
        file = self.folder / f"{name}.properties"
        file.touch(mode=0o600)
        file.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        return ("--properties-file", str(file))

    def _start(self, name: str, kind: str, *words: str) -> tuple["subprocess.Popen[bytes]", Path]:
        log = self.folder / f"{name}.log"
        environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(self.home)}
        # The calling process may be a Spark program; the cluster must not inherit its settings.
        environment = {key: value for key, value in environment.items() if not key.startswith("PYSPARK_")}
        with log.open("wb") as file:
            command = [str(self.home / "bin" / "spark-class"), f"org.apache.spark.{kind}", *words]
            process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environment)
        return process, log

    def _wait(self, process: "subprocess.Popen[bytes]", log: Path, line: "re.Pattern[str]") -> str:
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end and process.poll() is None:
            if match := line.search(log.read_text(errors="replace")):
                return match[1]
            time.sleep(0.05)
        sys.exit(f"The local cluster did not start; its log is {log}:\n{log.read_text(errors='replace')[-2000:]}")


def main() -> None:
    """Run a cluster until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="cores of each worker")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="headrace-cluster-") as folder,
        LocalCluster(Path(folder), options.workers, options.cores) as cluster,
    ):
        print(json.dumps({"master": cluster.url, "workers": options.workers}), flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("Stopping the cluster.", file=sys.stderr)


if __name__ == "__main__":
    main()
