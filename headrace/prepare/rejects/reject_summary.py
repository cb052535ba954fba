"""Summarise rejects, and build the error that is raised when nothing usable is left."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from headrace.errors import DataError
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard
from headrace.table.side_tables import SCHEMA, Reject, rejects_path
from headrace.wording import quantity

SHOWN_REASONS = 3
LOGGED_REASONS = 5
# Records of each reason that are listed where a preparation is refused, and its rejects table is not committed.
LISTED = 20


def unusable_error(
    problem: str, remedy: str, records: int, rejects: Mapping[str, int], examples: Mapping[str, Reject]
) -> DataError:
    """Return the error that says which records were rejected, and then what they left behind.

    Args:
        problem: what a preparation cannot go on without, as a sentence without its full stop.
        remedy: what to do about it where no record was rejected.
        records: number of records that were read.
        rejects: rejected records by reason.
        examples: a rejected record by reason.
    """
    if not rejects:
        return DataError(f"{problem}; nothing was committed. {remedy}")
    rejected = sum(rejects.values())
    return DataError(
        f"{rejected} of {records} record{'s were' if records != 1 else ' was'} rejected "
        f"({describe_reasons(rejects, examples)}). {problem}; nothing was committed."
    )


def describe_reasons(rejects: Mapping[str, int], examples: Mapping[str, Reject]) -> str:
    """Return the commonest reasons with their numbers of records, each with an example."""
    commonest = Counter(rejects).most_common()
    shown = [
        f"{reason}: {count}{describe_example(examples.get(reason))}" for reason, count in commonest[:SHOWN_REASONS]
    ]
    return "; ".join(shown) + ("; ..." if len(commonest) > SHOWN_REASONS else "")


def list_reasons(rejects: Mapping[str, int], examples: Mapping[str, Reject]) -> list[str]:
    """Return a line for each of the most frequent reasons, with one example; no line without rejects."""
    return [
        f"{quantity(count, 'record')} rejected as {reason}{describe_example(examples.get(reason))}"
        for reason, count in Counter(rejects).most_common(LOGGED_REASONS)
    ]


def describe_example(reject: Reject | None) -> str:
    """Return how a sentence about a reason goes on with an example of it."""
    return "" if reject is None else f", such as {reject.path!r}: {reject.detail}"


def list_refused(table: Path, shards: Sequence[Shard], rejects: Mapping[str, int]) -> list[str]:
    """Return a line for each of the first records of each reason, and how to list the others.

    Args:
        table: table whose preparation is refused.
        shards: of its rejects table, not committed.
        rejects: rejected records by reason.
    """
    found: dict[str, list[str]] = {reason: [] for reason in rejects}
    for shard in shards:
        if all(len(lines) >= min(LISTED, rejects[reason]) for reason, lines in found.items()):
            break
        with open_parquet(rejects_path(table) / shard.path) as file:
            for reject in (Reject(**row) for row in file.read(SCHEMA.names).to_pylist()):
                lines = found.setdefault(reject.reason, [])
                if len(lines) < LISTED:
                    lines.append(f"{reject.reason}: {reject.path!r}: {reject.detail}")
    listed = [line for lines in found.values() for line in lines]
    more = sum(rejects.values()) - len(listed)
    hint = "`headrace inspect TABLE --rejects` lists all of a table that was prepared with prepare.max_rejects=1"
    return [*listed, f"... and {more} more; {hint}"] if more > 0 else listed
