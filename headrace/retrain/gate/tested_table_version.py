"""Choose the version of a table whose test split models are compared on, and warn of rows that later versions lost."""

from pathlib import Path
from typing import Any

from headrace.bundle import load
from headrace.config import Configuration
from headrace.evaluate.training_overlap import TrainingOverlap, training_overlap
from headrace.retrain.journal import Journal
from headrace.retrain.replaced_table_check import read_recorded
from headrace.storage import locate
from headrace.table import Version, read
from headrace.wording import quantity

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


def outdated_rows_warning(tested: Version, newest: Version) -> str:
    """Return a sentence about test rows whose raw data were corrected, changed or removed since; without any, nothing.

    A row is the same if its content and its label are: a renamed file is no other row. Shards of both versions are not
    read.

    Args:
        tested: version whose test split judges the models.
    """
    from headrace.retrain.drift.training_data_profile import identities

    kept = {shard.path for shard in tested.shards} & {shard.path for shard in newest.shards}
    replaced = [shard for shard in tested.split(SPLIT) if shard.path not in kept]
    old = list(identities(tested.table, replaced, tested.contract))
    contents, found, relabelled = {content for _, content, _ in old}, set[tuple[str, object]](), set[str]()
    if old:
        later = [shard for shard in newest.shards if shard.path not in kept]
        found = {(content, target) for _, content, target in identities(newest.table, later, newest.contract)}
        relabelled = {content for content, _ in found} & contents
    missing = [(path, content in relabelled) for path, content, target in old if (content, target) not in found]
    return _sentence(tested, newest, missing) if missing else ""


def _sentence(tested: Version, newest: Version, missing: list[tuple[str, bool]]) -> str:
    """Return the sentence about rows by path, and whether each has another label now."""
    other, gone = ([path for path, is_relabelled in missing if is_relabelled is wanted] for wanted in (True, False))
    parts = [f"{quantity(len(other), 'row')} with another label now, such as {other[0]!r}"] if other else []
    parts += [f"{quantity(len(gone), 'row')} changed or removed since, such as {gone[0]!r}"] if gone else []
    rows = sum(shard.rows for shard in tested.split(SPLIT))
    return (
        f"The gate compares the models on the {quantity(rows, 'test row')} of version {tested.number}, of which "
        f"version {newest.number} does not have {len(missing):,}: {' and '.join(parts)}. They are tested as they were; "
        "retrain.test_version: newest tests on the rows as they are now."
    )
