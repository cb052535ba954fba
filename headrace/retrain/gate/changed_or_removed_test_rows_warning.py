"""Find rows of an earlier version's test split that the newest version no longer has, or has with another label."""

from headrace.retrain.gate.tested_table_version import SPLIT
from headrace.table import Version
from headrace.wording import quantity


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
