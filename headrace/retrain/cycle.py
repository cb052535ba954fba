"""One cycle of retraining, from the lock to the last line."""

import logging
import time
from typing import TYPE_CHECKING, Any

from headrace.config import Configuration
from headrace.errors import HeadraceError
from headrace.locks.file import LockHeldError
from headrace.locks.folder import lock_folder
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.new_data import cycle_for, detect, retrain_settings
from headrace.retrain.records import Outcome
from headrace.storage import locate

if TYPE_CHECKING:
    from headrace.retrain.steps.context import CycleContext

log = logging.getLogger(__name__)


def retrain(
    configuration: Configuration,
    *,
    until: str | None = None,
    name: str | None = None,
    force: bool = False,
    wait: bool = False,
) -> dict[str, Any]:
    """Do what the raw data ask for: nothing, a cycle, or the rest of one that was cut off.

    Args:
        until: the last step to do; all if not given. A cycle that a scheduler runs task by task is one process each.
        name: a scheduler's name for the cycle; asked for again it answers as before.
        force: train though nothing has changed.
        wait: for another process that is retraining, instead of leaving it to it.

    Returns:
        `decision`, `reasons` and `exit_code` among others.

    Raises:
        ConfigurationError: the configuration lacks what retraining needs.
        DataError: the raw data cannot be listed, or the table is damaged.
        TrainingError: training has failed; the next run goes on with it.
    """
    began = time.monotonic()
    journal = Journal(locate(retrain_settings(configuration).folder).absolute())
    try:
        with lock_folder(journal.folder, "retrain", wait=wait):
            result = _retrain(configuration, journal, until=until, name=name, force=force)
    except LockHeldError as error:
        reason = f"{error.holder} works on it. {error.fix}".rstrip(". ")
        log.warning("Nothing to do here: %s.", reason)
        result = {"decision": "left to another", "reasons": [reason], "exit_code": 0}
    return result | {"seconds": round(time.monotonic() - began, 3)}


def _retrain(
    configuration: Configuration, journal: Journal, *, until: str | None, name: str | None, force: bool
) -> dict[str, Any]:
    found = cycle_for(journal, detect(configuration), name, force=force)
    if isinstance(found, str):
        log.info("Nothing to do: %s", found)
        return {"decision": "nothing to do", "reasons": [found], "exit_code": 0}
    if found.is_open:
        _run(configuration, journal, found, until)
    return _told(found, journal)


def _run(configuration: Configuration, journal: Journal, cycle: Cycle, until: str | None) -> None:
    """Take the steps; what ends the cycle is in its outcome, and on the page."""
    # Spark and MLflow take seconds to import; most nights there is nothing to do.
    from headrace.registry.store import open_registry
    from headrace.retrain.steps.context import CycleContext

    work = CycleContext(
        configuration=configuration,
        settings=retrain_settings(configuration),
        journal=journal,
        cycle=cycle,
        registry=open_registry(configuration),
    )
    try:
        _take_steps(work, until)
    except HeadraceError as error:
        cycle.end(Outcome(decision="failed", reasons=(str(error),), exit_code=error.exit_code))
        _write_page(work)
        raise
    _write_page(work)


def _take_steps(work: "CycleContext", until: str | None) -> None:
    from headrace.retrain.steps.runner import STEPS, run_step

    for step in STEPS:
        if run_step(step, work).outcome is not None or step.name == until:
            break


def _write_page(work: "CycleContext") -> None:
    from headrace.registry.versions import versions
    from headrace.retrain.report.page import write_page

    write_page(work.journal, work.registry.name, versions(work.registry), work.settings.gate.metric)


def _told(cycle: Cycle, journal: Journal) -> dict[str, Any]:
    outcome = cycle.outcome
    return {
        "cycle": cycle.number,
        "decision": outcome.decision if outcome else "under way",
        "reasons": list(outcome.reasons) if outcome else [],
        "exit_code": outcome.exit_code if outcome else 0,
        "version": cycle.output("register").get("version"),
        "champion": cycle.output("promote").get("champion") or cycle.output("validate").get("champion"),
        "data_version": cycle.output("prepare").get("version"),
        "run": str(cycle.run) if cycle.run.exists() else None,
        "report": str(journal.report),
    }
