"""What a rank will find: Horovod built for TensorFlow, and GPUs.

Asked in a process of its own, because a Horovod built for another TensorFlow may end the process that imports it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from headrace.check.report import Row
from headrace.engines.compatibility import COMPILE_HOROVOD, horovod_fault
from headrace.engines.log_filter import without_noise

HOROVOD_PROGRAM = """
import json, sys
import horovod.tensorflow as horovod
import tensorflow
gpus = [tensorflow.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tensorflow.config.list_physical_devices("GPU")]
built = {"Gloo": horovod.gloo_built(), "MPI": horovod.mpi_built(), "NCCL": horovod.nccl_built()}
print(json.dumps({"built": [name for name, there in built.items() if there], "gpus": gpus}))
"""
ANSWER_SECONDS = 300


@dataclass(frozen=True)
class HorovodInfo:
    """What the process said.

    Attributes:
        built: what Horovod can reduce over, of Gloo, MPI and NCCL; empty where it cannot be imported.
        gpus: names of those TensorFlow can use.
        error: why there is no answer; empty where there is one.
    """

    built: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    error: str = ""


def ask_horovod() -> HorovodInfo:
    """Import Horovod and TensorFlow in another process; takes seconds."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", HOROVOD_PROGRAM],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return HorovodInfo(error=f"no answer in {ANSWER_SECONDS} s")
    if done.returncode != 0:
        ended = f"ended by signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        return HorovodInfo(
            error=(without_noise(done.stderr).strip().splitlines() or [ended])[-1] if done.returncode > 0 else ended
        )
    found = json.loads(done.stdout.splitlines()[-1])
    return HorovodInfo(built=tuple(found["built"]), gpus=tuple(found["gpus"]))


def rank_rows(answer: HorovodInfo) -> list[Row]:
    """The rows for Horovod's build and for GPUs."""
    fault = horovod_fault() or answer.error
    ok = "Gloo" in answer.built and not fault
    built = "none" if answer.error else ", ".join(answer.built) or "nothing to reduce over"
    fix = "" if ok else f"{COMPILE_HOROVOD} ({fault})" if fault else COMPILE_HOROVOD
    gpus = "not known" if answer.error else ", ".join(answer.gpus) or "none"
    return [
        Row(name="Horovod's build", found=built, needed="Gloo, for TensorFlow", ok=ok, fix=fix),
        Row(name="GPUs", found=gpus, needed="", ok=True),
    ]
