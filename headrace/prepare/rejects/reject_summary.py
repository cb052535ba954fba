"""Summarise rejects, and build the error that is raised when nothing usable is left."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from headrace.errors import DataError
from headrace.storage.open_parquet import open_parquet
from headrace.table.rejects_and_duplicates_reader import SCHEMA, Reject, rejects_path
from headrace.table.shard_writer import Shard
from headrace.wording import join_names, quantity

SHOWN_REASONS = 3
LOGGED_REASONS = 5
# Records of each reason that are listed where a preparation is refused, and its rejects table is not committed.
LISTED = 20
# Of records with similar details.
SHOWN_PATHS = 3
# What differs in similar details: texts in quotes, and numbers.
VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9]+")


def unusable_error(
    problem: str, remedy: str, records: int, rejects: Mapping[str, int], examples: Mapping[str, Reject]
) -> DataError:
    """Return the error that lists the rejected records, and then states the problem.

    Args:
        problem: what a preparation cannot continue without, as a sentence without its full stop.
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
    """Return an example of a reason, as the continuation of a sentence."""
    return "" if reject is None else f", such as {reject.path!r}: {reject.detail}"


def list_refused(table: Path, shards: Sequence[Shard], rejects: Mapping[str, int]) -> list[str]:
    """Return lines with the first records of each reason, one for those with similar details, and how to list others.

    Args:
        table: table whose preparation is refused.
        shards: of its rejects table, not committed.
        rejects: rejected records by reason.
    """
    found: dict[str, list[Reject]] = {reason: [] for reason in rejects}
    for shard in shards:
        if all(len(records) >= min(LISTED, rejects[reason]) for reason, records in found.items()):
            break
        with open_parquet(rejects_path(table) / shard.path) as file:
            for reject in (Reject(**row) for row in file.read(SCHEMA.names).to_pylist()):
                records = found.setdefault(reject.reason, [])
                if len(records) < LISTED:
                    records.append(reject)
    listed = [line for records in found.values() for line in _similar_on_one_line(records)]
    more = sum(rejects.values()) - sum(map(len, found.values()))
    hint = "`headrace inspect TABLE --rejects` lists all of a table that was prepared with prepare.max_rejects=1"
    return [*listed, f"... and {more} more; {hint}"] if more > 0 else listed


def _similar_on_one_line(records: Sequence[Reject]) -> list[str]:
    """Return a line for the records of one reason whose details differ in values alone, with the first detail."""
    groups: dict[str, list[Reject]] = {}
    for record in records:
        groups.setdefault(VALUE.sub("", record.detail), []).append(record)
    return [_describe_group(first, [repr(other.path) for other in others]) for first, *others in groups.values()]


def _describe_group(first: Reject, others: Sequence[str]) -> str:
    line = f"{first.reason}: {first.path!r}: {first.detail}"
    return f"{line} (similar: {join_names(others, SHOWN_PATHS)})" if others else line
