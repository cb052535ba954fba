"""Checks of prepare.expectations on a version, before it is committed."""

import logging
import math
from collections.abc import Iterator

from headrace.config.configuration_model import Prepare
from headrace.config.sections.expectations import Expectations, Range
from headrace.errors import DataError
from headrace.features.contract_spec import Statistics
from headrace.table import Summary, Version, read
from headrace.wording import figure_unlike, number

log = logging.getLogger(__name__)


def check_expectations(summary: Summary, before: Summary | None, expected: Expectations) -> None:
    """Raise or log a warning if `summary` violates `expected`, depending on `expected.on_failure`.

    Args:
        before: the summary of the previous version; None if there is none.

    Raises:
        DataError: `summary` violates `expected`, and `on_failure` is `refuse`.
    """
    breaches = list(find_breaches(summary, before, expected))
    if breaches and expected.on_failure == "refuse":
        raise DataError(f"The data violates prepare.expectations: {'; '.join(breaches)}. Nothing was committed.")
    for breach in breaches:
        log.warning("The data violates prepare.expectations: %s.", breach)


def check_committed_version(version: Version, settings: Prepare) -> None:
    """Raise or log a warning if `version`, which stays as nothing has changed, violates limits that were set since.

    Raises:
        DataError: more records than `max_rejects` were rejected, or `expectations.on_failure` is `refuse`.
    """
    summary, expected = version.summary, settings.expectations
    earlier = Prepare.model_validate(summary.settings)
    if (earlier.max_rejects, earlier.expectations) == (settings.max_rejects, expected):
        return
    before = read(version.table, version.number - 1).summary if version.number else None
    breaches = [f"prepare.expectations: {breach}" for breach in find_breaches(summary, before, expected)]
    text = f"Nothing has changed since version {version.number} of {version.table}, which violates"
    share = summary.rejected / summary.rows_in
    if share > settings.max_rejects:
        rejected = f"{figure_unlike(share, settings.max_rejects)} were rejected"
        raise DataError(
            f"{text} prepare.max_rejects: {rejected}, expected {settings.max_rejects:g} or less. The version stays."
        )
    if breaches and expected.on_failure == "refuse":
        raise DataError(f"{text} {'; '.join(breaches)}. The version stays.")
    for breach in breaches:
        log.warning("%s %s.", text, breach)


def find_breaches(summary: Summary, before: Summary | None, expected: Expectations) -> Iterator[str]:
    """Yield a description of each violation: the expectation's name, the value received, the value expected."""
    for split, minimum in expected.rows.items():
        rows = sum(summary.counts.get(split, {}).values())
        if rows < minimum:
            yield f"rows.{split} is {rows}, expected {minimum} or more"
    yield from _check_classes(summary, expected)
    yield from _check_channels(summary.contract.statistics, expected)
    for name, maximum in (("rejected", expected.rejected), ("duplicates", expected.duplicates)):
        share = getattr(summary, name) / summary.rows_in
        if maximum is not None and share > maximum:
            yield f"{name} is {figure_unlike(share, maximum)}, expected {maximum:g} or less"
    if before is not None:
        yield from _check_new_records(summary, before, expected)
        yield from _check_drift(summary, before, expected)


def _check_classes(summary: Summary, expected: Expectations) -> Iterator[str]:
    if expected.classes is not None:
        for name in _list_classes(summary):
            if name not in expected.classes:
                yield f"the class {name!r} is present, expected only {', '.join(expected.classes)}"
    for name, share in _class_shares(summary).items():
        yield from _check_range(f"class_share of {name!r}", share, expected.class_share)


def _check_channels(statistics: Statistics | None, expected: Expectations) -> Iterator[str]:
    if statistics is None:
        return
    for index, (mean, deviation) in enumerate(zip(statistics.mean, statistics.standard_deviation, strict=True)):
        yield from _check_range(f"mean of channel {index}", mean, expected.mean)
        yield from _check_range(f"standard_deviation of channel {index}", deviation, expected.standard_deviation)


def _check_new_records(summary: Summary, before: Summary, expected: Expectations) -> Iterator[str]:
    """Check the records that were added alone: a batch of broken ones is a small fraction of a large table."""
    records, rejected = summary.rows_in - before.rows_in, summary.rejected - before.rejected
    if expected.new_rejected is not None and records > 0 and rejected / records > expected.new_rejected:
        share = figure_unlike(rejected / records, expected.new_rejected)
        yield f"new_rejected is {share}, expected {expected.new_rejected:g} or less"


def _check_drift(summary: Summary, before: Summary, expected: Expectations) -> Iterator[str]:
    current, previous = summary.contract.statistics, before.contract.statistics
    if expected.mean_drift is not None and current is not None and previous is not None:
        channels = zip(current.mean, previous.mean, previous.standard_deviation, strict=False)
        for index, (new, old, deviation) in enumerate(channels):
            distance = abs(new - old)
            drift = distance / deviation if deviation else math.inf if distance else 0.0
            if drift > expected.mean_drift:
                yield (
                    f"mean_drift of channel {index} is {figure_unlike(drift, expected.mean_drift)} standard deviations "
                    f"({number(old)} to {number(new)}), expected {expected.mean_drift:g} or less"
                )
    if expected.class_drift is not None:
        shares, earlier = _class_shares(summary), _class_shares(before)
        drift = sum(abs(shares.get(name, 0) - earlier.get(name, 0)) for name in shares.keys() | earlier.keys()) / 2
        if drift > expected.class_drift:
            text = figure_unlike(drift, expected.class_drift)
            yield f"class_drift is {text}, expected {expected.class_drift:g} or less"


def _check_range(name: str, value: float, allowed: Range) -> Iterator[str]:
    if allowed.min is not None and value < allowed.min:
        yield f"{name} is {figure_unlike(value, allowed.min)}, expected {allowed.min:g} or more"
    if allowed.max is not None and value > allowed.max:
        yield f"{name} is {figure_unlike(value, allowed.max)}, expected {allowed.max:g} or less"


def _list_classes(summary: Summary) -> list[str]:
    return sorted({name for names in summary.class_counts.values() for name in names})


def _class_shares(summary: Summary) -> dict[str, float]:
    """Return the share of every class in the training split, from 0 to 1; 0 for classes without rows there."""
    rows, total = summary.class_counts.get("train", {}), sum(summary.counts.get("train", {}).values())
    return {name: rows.get(name, 0) / total if total else 0.0 for name in summary.contract.classes}
