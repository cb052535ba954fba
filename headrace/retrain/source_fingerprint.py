"""Detect new raw data by a fingerprint of the listing and a digest of the configuration; avoids slow imports."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from headrace.config import Configuration

# Sections that may change during a cycle: they set where and how a model is trained, not what it learns.
CHANGEABLE_SECTIONS = {"spark", "retrain", "registry"}


@dataclass(frozen=True)
class SourceState:
    """The current state of the raw data and the configuration.

    Attributes:
        fingerprint: hash of the listing and of the preparation settings; empty for a database, which has no listing.
        files: number of files.
        configuration: digest of the configuration.
    """

    fingerprint: str
    files: int
    configuration: str


def detect(configuration: Configuration) -> SourceState:
    """List the raw data and return their current state.

    Raises:
        DataError: the source is missing or empty.
    """
    from headrace.features.input_kind_loader import input_traits
    from headrace.prepare.incremental_plan_and_task_context import append_key, fingerprint
    from headrace.prepare.sources import list_source

    source, settings = configuration.data.source, configuration.prepare
    with _without_warnings():
        listing = list_source(source, settings.task, texts=input_traits(settings.input).is_text)
    if settings.changes == "content" or (source.columns is not None and source.columns.content == "paths"):
        from headrace.prepare.job import watched_listing

        listing = watched_listing(configuration, listing)
    state = f"{append_key(listing.root, source, settings)}-{fingerprint(listing, settings)}"
    # A database cannot be listed: only reading it shows whether it has new rows.
    return SourceState(state if source.has_files else "", len(listing.files), configuration_digest(configuration))


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Suppress the warnings of the lister: the preparation lists the source again, if there is anything new."""
    sources = logging.getLogger("headrace.prepare.sources")
    level = sources.level
    sources.setLevel(logging.ERROR)
    try:
        yield
    finally:
        sources.setLevel(level)


def configuration_digest(configuration: Configuration) -> str:
    """Return the SHA-256 of the settings that must not change during a cycle."""
    return hashlib.sha256(configuration.model_dump_json(exclude=CHANGEABLE_SECTIONS).encode()).hexdigest()
