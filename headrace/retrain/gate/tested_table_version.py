"""Choose the version of a table whose test split models are compared on."""

from pathlib import Path
from typing import Any

from headrace.bundle import load
from headrace.config import Configuration
from headrace.evaluate.training_overlap import TrainingOverlap, training_overlap
from headrace.retrain.journal import Journal
from headrace.retrain.recorded_table_version_lookup import read_recorded
from headrace.storage import locate
from headrace.table import Version, read

SPLIT = "test"


def bundle_overlap(bundle: Path, version: Version) -> TrainingOverlap:
    """Return the rows of the test split of `version` that the bundle was trained on."""
    return training_overlap(load(bundle).origin.trained_on, version, SPLIT)


def read_test_version(configuration: Configuration, newest: Version | None = None) -> Version:
    """Return the table version whose test split is used: that of `retrain.test_version`.

    Args:
        newest: the version that counts as the newest; None to read it.

    Raises:
        DataError: the table has no such version, or was replaced since the first champion was tested on it.
    """
    settings, table = configuration.retrain, configuration.data.table
    if settings is not None and isinstance(settings.test_version, int):
        return read(table, settings.test_version)
    first = None
    if settings is not None and settings.test_version == "first":
        first = first_tested(Journal(locate(settings.folder).absolute()))
    if first is None:
        return newest or read(table)
    hint = "that the first champion was tested on; restore it, or set retrain.test_version to newest"
    return read_recorded(table, int(first["test_version"]), first.get("test_content_id", ""), hint)


def first_tested(journal: Journal) -> dict[str, Any] | None:
    """Return what the first promoted cycle recorded of its test split; None if there is no champion yet."""
    for cycle in journal.cycles():
        outcome = cycle.outcome
        if outcome is not None and outcome.decision == "promoted":
            return cycle.output("validate")
    return None
