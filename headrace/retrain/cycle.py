"""`headrace retrain`: run, resume or skip one retraining cycle under the journal's lock."""

import logging
import time
from typing import TYPE_CHECKING, Any

from headrace.config import Configuration
from headrace.errors import HeadraceError
from headrace.locks.file import LockHeldError
from headrace.locks.folder import lock_folder
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Outcome
from headrace.retrain.new_data import detect, retrain_settings, select_cycle
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
    """Run a retraining cycle if there is new data, or resume an interrupted one.

    Args:
        until: last step to run; all steps if None. A scheduler can run a cycle step by step, one process per step.
        name: a scheduler's name for the cycle; a repeated call with the name of an ended cycle returns its result.
        force: start a cycle even if nothing has changed.
        wait: wait for another process that is retraining instead of returning.

    Returns:
        The result with `decision`, `reasons` and `exit_code`, and the cycle's versions and paths.

    Raises:
        ConfigurationError: the section `retrain` or `registry` is missing.
        DataError: the raw data cannot be listed, or the table is damaged.
        TrainingError: training has failed; the next run resumes it.
    """
    start = time.monotonic()
    journal = Journal(locate(retrain_settings(configuration).folder).absolute())
    try:
        with lock_folder(journal.folder, "retrain", wait=wait):
            result = _retrain(configuration, journal, until=until, name=name, force=force)
    except LockHeldError as error:
        reason = f"the journal is locked by {error.holder}. {error.fix}".rstrip(". ")
        log.warning("Not retraining: %s.", reason)
        result = {"decision": "already running", "reasons": [reason], "exit_code": 0}
    return result | {"seconds": round(time.monotonic() - start, 3)}


def _retrain(
    configuration: Configuration, journal: Journal, *, until: str | None, name: str | None, force: bool
) -> dict[str, Any]:
    cycle = select_cycle(journal, detect(configuration), name, force=force)
    if isinstance(cycle, str):
        log.info("Nothing to do. %s", cycle)
        return {"decision": "nothing to do", "reasons": [cycle], "exit_code": 0}
    if cycle.is_open:
        _run(configuration, journal, cycle, until)
    return _summarize(cycle, journal)


def _run(configuration: Configuration, journal: Journal, cycle: Cycle, until: str | None) -> None:
    """Run the steps; record an error that ends the cycle as its outcome, and write the page."""
    # Spark and MLflow take seconds to import, and most calls find nothing to do.
    from headrace.registry.consistency import RegistryDamagedError
    from headrace.registry.model_registry import open_registry
    from headrace.retrain.steps.context import CycleContext

    context = CycleContext(
        configuration=configuration,
        settings=retrain_settings(configuration),
        journal=journal,
        cycle=cycle,
        registry=open_registry(configuration),
    )
    try:
        _run_steps(context, until)
    except HeadraceError as error:
        cycle.end(Outcome(decision="failed", reasons=(str(error),), exit_code=error.exit_code))
        if not isinstance(error, RegistryDamagedError):
            _write_page(context)
        raise
    _write_page(context)


def _run_steps(context: "CycleContext", until: str | None) -> None:
    from headrace.retrain.registry_repair import require_known_promotions
    from headrace.retrain.steps.runner import STEPS, run_step

    require_known_promotions(context.registry, context.journal)
    for step in STEPS:
        if run_step(step, context).outcome is not None or step.name == until:
            break


def _write_page(context: "CycleContext") -> None:
    from headrace.registry.versions import versions
    from headrace.retrain.report.history_page import write_page

    write_page(context.journal, context.registry.name, versions(context.registry), context.settings.gate.metric)


def _summarize(cycle: Cycle, journal: Journal) -> dict[str, Any]:
    outcome = cycle.outcome
    return {
        "cycle": cycle.number,
        "decision": outcome.decision if outcome else "in progress",
        "reasons": list(outcome.reasons) if outcome else [],
        "exit_code": outcome.exit_code if outcome else 0,
        "warnings": cycle.output("validate").get("warnings", []),
        "version": cycle.output("register").get("version"),
        "champion": cycle.output("promote").get("champion") or cycle.output("validate").get("champion"),
        "data_version": cycle.output("prepare").get("version"),
        "run": str(cycle.run) if cycle.run.exists() else None,
        "report": str(journal.report),
    }
