"""Check what a rank needs: Horovod built for TensorFlow, and GPUs.

They run in a separate process, because a Horovod built for another TensorFlow may kill the process that imports it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from headrace.check.check_report import CheckRow
from headrace.engines.stderr_noise_filter import without_noise
from headrace.engines.supported_versions import BY_MODULE, COMPILE_HOROVOD, horovod_fault

HOROVOD_PROGRAM = """
import json, sys
import headrace
import horovod.tensorflow as horovod
import tensorflow
gpus = [tensorflow.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tensorflow.config.list_physical_devices("GPU")]
built = {"Gloo": horovod.gloo_built(), "MPI": horovod.mpi_built(), "NCCL": horovod.nccl_built()}
print(json.dumps({"built": [name for name, available in built.items() if available], "gpus": gpus}))
"""
TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class HorovodInfo:
    """Horovod's build and the GPUs, as the separate process reports them.

    Attributes:
        built: Horovod's backends among Gloo, MPI and NCCL; empty if it cannot be imported.
        gpus: names of the GPUs that TensorFlow can use.
        error: why the process failed; empty if it did not.
    """

    built: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    error: str = ""


def query_horovod() -> HorovodInfo:
    """Import Horovod and TensorFlow in another process, which takes seconds, and return what it reports."""
    try:
        process = subprocess.run(
            [sys.executable, "-c", HOROVOD_PROGRAM],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return HorovodInfo(error=f"no response within {TIMEOUT_SECONDS} s")
    if process.returncode < 0:
        return HorovodInfo(error=f"killed by signal {-process.returncode}")
    if process.returncode > 0:
        lines = without_noise(process.stderr).strip().splitlines() or [f"exit code {process.returncode}"]
        return HorovodInfo(error=lines[-1])
    result = json.loads(process.stdout.splitlines()[-1])
    return HorovodInfo(built=tuple(result["built"]), gpus=tuple(result["gpus"]))


def rank_rows(horovod: HorovodInfo) -> list[CheckRow]:
    """Return the rows for Horovod's build and for GPUs."""
    gpus = "unknown" if horovod.error else ", ".join(horovod.gpus) or "none"
    return [_build_row(horovod), CheckRow(name="GPUs", found=gpus, needed="", ok=True)]


def _build_row(horovod: HorovodInfo) -> CheckRow:
    """Return the row for Horovod's build; it is not at fault if TensorFlow or Keras, which it imports, is missing."""
    needed = "Gloo, for TensorFlow"
    missing = [BY_MODULE[module].name for module in ("tensorflow", "keras") if not BY_MODULE[module].is_installed]
    if missing:
        fix = f"install {' and '.join(missing)} first"
        return CheckRow(name="Horovod build", found="not checked", needed=needed, ok=False, fix=fix)
    fault = horovod_fault() or horovod.error
    ok = "Gloo" in horovod.built and not fault
    built = "none" if horovod.error else ", ".join(horovod.built) or "no backend"
    fix = "" if ok else f"{COMPILE_HOROVOD} ({fault})" if fault else COMPILE_HOROVOD
    return CheckRow(name="Horovod build", found=built, needed=needed, ok=ok, fix=fix)
