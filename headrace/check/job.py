"""The check command: runs all checks and returns their report."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.check import horovod_and_gpus, system_and_version_checks
from headrace.check.check_report import CheckRow, Report
from headrace.check.spark_slots import slots_row
from headrace.errors import ConfigurationError

if TYPE_CHECKING:
    from headrace.config.configuration_model import Spark


def check(
    slots: int | None = None, settings: Spark | None = None, cluster: Callable[[], list[CheckRow]] | None = None
) -> Report:
    """Check versions, Java, Spark, Horovod and the machine. Starts a Spark session and takes about ten seconds.

    Args:
        slots: number that must be free at the same time; None means 1.
        settings: of the Spark session.
        cluster: function that also checks the executors and returns the rows about slots and executors.

    Raises:
        ConfigurationError: `slots` is below 1.
    """
    wanted = 1 if slots is None else slots
    if wanted < 1:
        raise ConfigurationError(f"slots is {wanted}; expected 1 or more.")
    with ThreadPoolExecutor(1) as background:
        future = background.submit(horovod_and_gpus.query_horovod)
        java = system_and_version_checks.java_row()
        spark = (cluster() if cluster else [slots_row(wanted, settings)]) if java.ok else [_unchecked_slots(wanted)]
        horovod = future.result()
    horovod_works = not horovod.error
    rows = [
        *system_and_version_checks.version_rows(),
        java,
        *spark,
        *horovod_and_gpus.rank_rows(horovod),
        system_and_version_checks.compiler_row(horovod_works),
        system_and_version_checks.bytecode_row(),
        system_and_version_checks.disk_row(Path.cwd()),
    ]
    return Report(tuple(rows))


def _unchecked_slots(wanted: int) -> CheckRow:
    return CheckRow(name="Spark slots", found="not checked", needed=f"{wanted} free", ok=False, fix="fix Java first")
