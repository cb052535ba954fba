"""A training that runs in the background: started as a user starts it, observed from outside."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest


def in_the_background(*words: str, cwd: Path, verb: str = "train") -> "subprocess.Popen[str]":
    """Start `headrace train conf.yaml words...`."""
    command = [sys.executable, "-m", "headrace", verb, "conf.yaml", *words]
    return subprocess.Popen(command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(happened: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait until `happened` returns something, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := happened():
            return found
        time.sleep(0.02)
    pytest.fail(f"did not happen within {seconds} s")


def find_ranks(run: Path) -> list[psutil.Process]:
    """Return the processes that train the run in this folder, rank 0 first."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "headrace.train.rank" in words and words[-1] == str(run):
            found.append(process)
    return sorted(found, key=lambda process: int(process.environ()["HOROVOD_RANK"]))


def current_step(run: Path) -> int:
    """Return the last step that the run has reported."""
    file = run / "metrics.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return max((json.loads(line)["step"] for line in lines if line.endswith("}")), default=0)


def list_checkpoints(run: Path) -> list[int]:
    """Return the steps of its checkpoints, in order."""
    return sorted(int(path.parent.name[5:]) for path in (run / "checkpoints").glob("step-*/position.json"))
