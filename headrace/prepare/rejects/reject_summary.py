"""The error of a preparation that has nothing usable left: rejects are said first, as they are the likely cause."""

from collections import Counter
from collections.abc import Mapping

from headrace.errors import DataError
from headrace.table.dropped_records import Reject

SHOWN_REASONS = 3


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


def describe_example(reject: Reject | None) -> str:
    """Return how a sentence about a reason goes on with an example of it."""
    return "" if reject is None else f", such as {reject.path!r}: {reject.detail}"
