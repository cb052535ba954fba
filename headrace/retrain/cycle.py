"""`headrace retrain`: run, resume or skip one retraining cycle under the journal's lock."""

import logging
import time
from typing import TYPE_CHECKING, Any

from headrace.config import Configuration
from headrace.errors import HeadraceError
from headrace.locks.file_lock import LockHeldError
from headrace.locks.local_or_bucket_folder_lock import lock_folder
from headrace.retrain.cycle_selection import retrain_settings, select_cycle
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Outcome
from headrace.retrain.source_fingerprint import detect
from headrace.storage import locate

if TYPE_CHECKING:
    from headrace.registry.version_registration_and_lookup import ModelRecord
    from headrace.retrain.steps.cycle_context import CycleContext

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
    current = _run(configuration, journal, cycle, until) if cycle.is_open else None
    return summarize(cycle, journal, current)


def _run(configuration: Configuration, journal: Journal, cycle: Cycle, until: str | None) -> "ModelRecord | None":
    """Run the steps, write the page and return the champion; record an error that ends the cycle as its outcome."""
    # Spark and MLflow take seconds to import, and most calls find nothing to do.
    from headrace.registry.damaged_database_checks import RegistryDamagedError
    from headrace.registry.registry_connection import open_registry
    from headrace.registry.version_registration_and_lookup import champion
    from headrace.retrain.steps.cycle_context import CycleContext

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
    return champion(context.registry)


def _run_steps(context: "CycleContext", until: str | None) -> None:
    from headrace.retrain.rebuild_registry_from_journal import require_known_promotions
    from headrace.retrain.steps.runner import STEPS, run_step

    context.registry.require_writable()
    require_known_promotions(context.registry, context.journal)
    for step in STEPS:
        if run_step(step, context).outcome is not None or step.name == until:
            break


def _write_page(context: "CycleContext") -> None:
    from headrace.registry.version_registration_and_lookup import versions
    from headrace.retrain.report.history_page import write_page

    write_page(context.journal, context.registry.name, versions(context.registry), context.settings.gate.metric)


def summarize(cycle: Cycle, journal: Journal, current: "ModelRecord | None") -> dict[str, Any]:
    """Return the result of a cycle.

    Args:
        current: the champion now; None to take the one that the cycle recorded.
    """
    outcome, validated = cycle.outcome, cycle.output("validate")
    recorded = cycle.output("promote").get("champion") or validated.get("champion")
    return {
        "cycle": cycle.number,
        "decision": outcome.decision if outcome else "in progress",
        "reasons": list(outcome.reasons) if outcome else [],
        "exit_code": outcome.exit_code if outcome else 0,
        "warnings": validated.get("warnings", []),
        "version": cycle.output("register").get("version"),
        "champion": current.version if current else recorded,
        "champion_data_version": current.data_version if current else validated.get("champion_data_version"),
        "data_version": cycle.output("prepare").get("version"),
        "test": _test_metrics(cycle),
        "run": str(cycle.run) if cycle.run.exists() else None,
        "report": str(journal.report),
    }


def _test_metrics(cycle: Cycle) -> dict[str, Any] | None:
    """Return the metrics of challenger and champion on the same test rows; None before they are evaluated."""
    evaluated = cycle.output("evaluate")
    if not evaluated:
        return None
    metrics = {name: evaluated[name]["metrics"] if name in evaluated else None for name in ("champion", "challenger")}
    return {"rows": evaluated["rows"], **metrics}
