"""Whether there is anything to do, told by a listing of the raw data; nothing heavy is imported for it."""

import hashlib
import logging
from dataclasses import dataclass

from headrace.config import Configuration
from headrace.config.sections.retraining import Retrain
from headrace.errors import ConfigurationError
from headrace.retrain.journal import Cycle, Journal

log = logging.getLogger(__name__)

# What may change while a cycle is under way: it says where and how, not what is learned.
NOT_LEARNED = {"spark", "retrain", "registry"}


@dataclass(frozen=True)
class Detected:
    """The raw data as they are now."""

    fingerprint: str
    files: int
    configuration: str


def retrain_settings(configuration: Configuration) -> Retrain:
    """The section `retrain`.

    Raises:
        ConfigurationError: there is none, or none for the registry.
    """
    for name in ("retrain", "registry"):
        if getattr(configuration, name) is None:
            raise ConfigurationError(
                f"The configuration has no section `{name}`, which retraining needs; conf/retraining.yaml shows one."
            )
    return configuration.retrain or Retrain(folder="retraining")


def detect(configuration: Configuration) -> Detected:
    """List the raw data.

    Raises:
        DataError: the source is missing or empty.
    """
    from headrace.prepare.plan import append_key, fingerprint
    from headrace.prepare.sources import list_source
    from headrace.prepare.sources.spark_table import NO_FILES

    source, settings = configuration.data.source, configuration.prepare
    listing = list_source(source)
    if settings.changes == "content":
        from headrace.prepare.job import listing_with_content

        listing = listing_with_content(configuration, listing)
    mark = f"{append_key(listing.root, source, settings)}-{fingerprint(listing, settings)}"
    # A database cannot be listed: that it has nothing new is only known when it has been read.
    return Detected("" if source.format == NO_FILES else mark, len(listing.files), configuration_digest(configuration))


def configuration_digest(configuration: Configuration) -> str:
    """Of what a cycle must not change on its way."""
    return hashlib.sha256(configuration.model_dump_json(exclude=NOT_LEARNED).encode()).hexdigest()


def cycle_for(journal: Journal, detected: Detected, name: str | None, *, force: bool) -> Cycle | str:
    """The cycle to work on: the open one, or a new one; or the sentence that says why there is nothing to do.

    Args:
        name: the scheduler's name for the cycle; one that it has given before stands for the same cycle.
        force: begin a cycle though nothing has changed, or another is not complete.
    """
    known = journal.named(name) if name else None
    if known is not None and not known.is_open:
        return known
    cycles = journal.cycles()
    if cycles and cycles[-1].is_open:
        if not force and _goes_on(cycles[-1], detected):
            log.info("Going on with cycle %s", cycles[-1].number)
            cycles[-1].resume(name)
            return cycles[-1]
        cycles[-1].abandon("left for a newer cycle" + ("" if force else ": the raw data or the configuration changed"))
    ended = [cycle for cycle in cycles if cycle.is_final]
    if ended and not force and detected.fingerprint and ended[-1].record.fingerprint == detected.fingerprint:
        return _nothing(ended[-1], detected)
    return journal.begin(detected.fingerprint, detected.configuration, name, forced=force)


def _goes_on(cycle: Cycle, detected: Detected) -> bool:
    """What is prepared is trained, whatever has arrived since; what is not may as well begin with what is there now."""
    record = cycle.record
    same_data = record.fingerprint == detected.fingerprint or cycle.step("prepare") is not None
    return record.configuration == detected.configuration and same_data


def _nothing(last: Cycle, detected: Detected) -> str:
    outcome = last.outcome
    sentence = f"No new data since cycle {last.number}"
    if outcome is not None:
        sentence += f" ({outcome.decision})"
    if last.record.configuration != detected.configuration:
        sentence += "; the configuration has changed, --force trains with it"
    return f"{sentence}."
