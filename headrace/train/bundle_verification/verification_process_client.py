"""A separate process that loads bundles, with an empty working directory and without the rank's environment.

It imports TensorFlow, which takes 4 s of CPU time, while the rank does so too. It has the rank's priority: with a lower
one, the end of a training of 22 s waited 4 s for it on a busy machine.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import headrace
from headrace.errors import TrainingError
from headrace.train.bundle_verification.process_protocol import Answer, Request

TIMEOUT_SECONDS = 900
# What Python, TensorFlow and the dynamic linker need. A network that needs more does not run elsewhere.
KEPT_NAMES = frozenset({"HOME", "LANG", "LOGNAME", "PATH", "TZ", "USER", "VIRTUAL_ENV"})
KEPT_PREFIXES = ("CUDA_", "KMP_", "LC_", "LD_", "MALLOC_", "MKL_", "NVIDIA_", "OMP_", "PYTHON", "TF_", "XLA_")
# Another seed than Spark's executors have (0), so that a network that depends on the hash of a string is noticed.
HASH_SEED = "20150423"


class VerificationProcess:
    """The process, started when the object is created.

    Attributes:
        scratch: local folder for the files that both processes read; removed when the process is closed.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="headrace-verification-")
        self.scratch = Path(self._folder.name)
        empty = self.scratch / "empty"
        empty.mkdir()
        # -P: the working directory holds no modules.
        command = [sys.executable, "-P", "-m", "headrace.train.bundle_verification", str(Path.cwd())]
        self._process = subprocess.Popen(
            command,
            cwd=empty,
            env=_environment(self.scratch),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._receive, args=(self._process.stdout,), daemon=True).start()

    def send(self, request: Request) -> None:
        """Send a request; requests are answered in their order."""
        if self._process.stdin is not None:
            # If the process has ended, the next answer says so.
            with suppress(BrokenPipeError):
                self._process.stdin.write(request.model_dump_json() + "\n")
                self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def has_answered(self) -> bool:
        """Return whether the next answer has arrived, or will never arrive."""
        return not self._lines.empty()

    def receive(self) -> Answer:
        """Wait for the next answer.

        Raises:
            TrainingError: the process has ended, or does not respond.
        """
        try:
            line = self._lines.get(timeout=TIMEOUT_SECONDS)
        except queue.Empty:
            raise TrainingError(
                f"The bundle was not loaded by a new process within {TIMEOUT_SECONDS} s, so it is not kept."
            ) from None
        if not line:
            raise TrainingError(
                f"The process that loads the bundle ended with {self._ending()}, so the bundle is not kept. "
                "The rank's log has its last lines; if it lacked memory, give the executor more."
            )
        return Answer.model_validate(json.loads(line))

    def close(self) -> None:
        """End the process and remove its files."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                # Closing flushes, which a process that has ended by itself does not read.
                with suppress(OSError):
                    stream.close()
        self._folder.cleanup()

    def _receive(self, lines: IO[str] | None) -> None:
        try:
            for line in lines or ():
                self._lines.put(line)
        except ValueError:
            # The stream was closed.
            return
        self._lines.put("")

    def _ending(self) -> str:
        code = self._process.wait()
        return f"signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"exit code {code}"


def _environment(temporary: Path) -> dict[str, str]:
    """Return the environment of the process: nothing that only the rank or its user has."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT_NAMES or name.startswith(KEPT_PREFIXES)}
    packages = [str(Path(headrace.__file__).parents[1]), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    absolute = os.pathsep.join(path for path in packages if Path(path).is_absolute())
    settings = {"PYTHONPATH": absolute, "PYTHONHASHSEED": HASH_SEED, "PYTHONUNBUFFERED": "1"}
    # The rank's own memory is on the same GPU.
    return kept | settings | {"TMPDIR": str(temporary), "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
