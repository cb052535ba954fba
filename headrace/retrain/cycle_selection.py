"""Select the retraining cycle that a command begins, resumes or abandons; require the settings that it reads."""

import logging

from headrace.config import Configuration
from headrace.config.sections.retraining import Retrain
from headrace.errors import ConfigurationError
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.source_fingerprint import SourceState

log = logging.getLogger(__name__)


def select_cycle(journal: Journal, detected: SourceState, name: str | None, *, force: bool) -> Cycle | str:
    """Return the cycle to run, an open one, the one of this name or a new one, or why there is nothing to do.

    Args:
        name: a scheduler's name for the cycle; a name used before refers to the same cycle.
        force: start a cycle even if nothing has changed or another cycle is open.
    """
    existing = journal.find(name) if name else None
    if existing is not None and not existing.is_open:
        return existing
    cycles = journal.cycles()
    if cycles and cycles[-1].is_open:
        if not force and _is_resumable(cycles[-1], detected):
            log.info("Resuming cycle %s", cycles[-1].number)
            cycles[-1].resume(name)
            return cycles[-1]
        cause = "" if force else ": the raw data or the configuration changed"
        cycles[-1].abandon(f"abandoned for a newer cycle{cause}")
    ended = [cycle for cycle in cycles if cycle.is_final]
    if ended and not force and detected.fingerprint and ended[-1].record.fingerprint == detected.fingerprint:
        return _no_new_data(ended[-1], detected)
    return journal.begin(detected.fingerprint, detected.configuration, name, forced=force)


def _is_resumable(cycle: Cycle, detected: SourceState) -> bool:
    """Return whether an open cycle can be resumed: with the same configuration and, until prepared, the same data."""
    record = cycle.record
    same_data = record.fingerprint == detected.fingerprint or cycle.step("prepare") is not None
    return record.configuration == detected.configuration and same_data


def _no_new_data(last: Cycle, detected: SourceState) -> str:
    outcome = last.outcome
    message = f"No new data since cycle {last.number}"
    if outcome is not None:
        message += f" ({outcome.decision})"
    if last.record.configuration != detected.configuration:
        message += "; the configuration has changed, use --force to train with it"
    version = last.output("register").get("version")
    if outcome is not None and outcome.decision == "refused by the gate" and version is not None:
        message += (
            ". --force trains and evaluates once more, by the settings of retrain as they are now; `headrace models "
            f"promote CONF {version}` makes version {version} the champion in spite of the gate"
        )
    return f"{message}."


def retrain_settings(configuration: Configuration) -> Retrain:
    """Return the section `retrain`.

    Raises:
        ConfigurationError: the section `retrain` or `registry` is missing.
    """
    for name in ("retrain", "registry"):
        if getattr(configuration, name) is None:
            raise ConfigurationError(
                f"The configuration has no section `{name}`, which retraining requires; "
                "`headrace init --kind retrain` writes an example."
            )
    return configuration.retrain or Retrain(folder="retraining")
