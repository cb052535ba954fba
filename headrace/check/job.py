"""All rows of a check."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.check import machine, ranks
from headrace.check.report import Report, Row
from headrace.check.slots import slots_row
from headrace.check.versions import version_rows
from headrace.errors import ConfigurationError

if TYPE_CHECKING:
    from headrace.config.configuration import Spark


def check(
    slots: int | None = None, settings: Spark | None = None, cluster: Callable[[], list[Row]] | None = None
) -> Report:
    """Look at versions, Java, Spark, Horovod and the machine; starts a Spark session, takes about ten seconds.

    Args:
        slots: that must be free at the same time, 1 when None.
        settings: of the Spark session.
        cluster: looks at the executors too; its rows, of which the first are about slots.

    Raises:
        ConfigurationError: `slots` is below 1.
    """
    wanted = 1 if slots is None else slots
    if wanted < 1:
        raise ConfigurationError(f"The slots asked for are {wanted}; expected 1 or more.")
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(ranks.ask_horovod)
        java = machine.java_row()
        spark = (cluster() if cluster else [slots_row(wanted, settings)]) if java.ok else [_not_asked(wanted)]
        answer = asked.result()
    horovod_works = not answer.error
    rows = [
        *version_rows(),
        java,
        *spark,
        *ranks.rank_rows(answer),
        machine.compiler_row(horovod_works),
        machine.bytecode_row(),
        machine.disk_row(Path.cwd()),
    ]
    return Report(tuple(rows))


def _not_asked(wanted: int) -> Row:
    return Row(name="Spark slots", found="not asked", needed=f"{wanted} free", ok=False, fix="mend Java first")
