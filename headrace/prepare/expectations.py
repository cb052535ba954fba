"""What must be true of a version, checked before it is committed."""

import logging
from collections.abc import Iterator

from headrace.config.sections.expectations import Expectations, Range
from headrace.contract import Statistics
from headrace.errors import DataError
from headrace.table import Summary

log = logging.getLogger(__name__)


def check_expectations(summary: Summary, before: Summary | None, expected: Expectations) -> None:
    """Refuse `summary`, or warn of it, where it is not as `expected`.

    Raises:
        DataError: it is not, and `breach` is `refuse`.
    """
    breaches = list(find_breaches(summary, before, expected))
    if breaches and expected.on_failure == "refuse":
        raise DataError(
            f"The data is not as prepare.expectations has it: {'; '.join(breaches)}. Nothing was committed."
        )
    for breach in breaches:
        log.warning("The data is not as prepare.expectations has it: %s.", breach)


def find_breaches(summary: Summary, before: Summary | None, expected: Expectations) -> Iterator[str]:
    """Each in words: which, expected, received."""
    for split, least in expected.rows.items():
        rows = sum(summary.counts.get(split, {}).values())
        if rows < least:
            yield f"rows.{split} is {rows}, expected {least} or more"
    yield from _of_classes(summary, expected)
    yield from _of_channels(summary.contract.statistics, expected)
    for name, most in (("rejected", expected.rejected), ("duplicates", expected.duplicates)):
        share = getattr(summary, name) / summary.rows_in
        if most is not None and share > most:
            yield f"{name} is {share:.4f}, expected {most:g} or less"
    if before is not None:
        yield from _of_new(summary, before, expected)
        yield from _of_drift(summary, before, expected)


def _of_classes(summary: Summary, expected: Expectations) -> Iterator[str]:
    if expected.classes is not None:
        for name in _present(summary):
            if name not in expected.classes:
                yield f"the class {name!r} is there, expected only {', '.join(expected.classes)}"
    for name, share in _shares(summary).items():
        yield from _outside(f"class_share of {name!r}", share, expected.class_share)


def _of_channels(statistics: Statistics | None, expected: Expectations) -> Iterator[str]:
    if statistics is None:
        return
    for number, (mean, deviation) in enumerate(zip(statistics.mean, statistics.standard_deviation, strict=True)):
        yield from _outside(f"mean of channel {number}", mean, expected.mean)
        yield from _outside(f"standard_deviation of channel {number}", deviation, expected.standard_deviation)


def _of_new(summary: Summary, before: Summary, expected: Expectations) -> Iterator[str]:
    """A burst of broken records is a small fraction of a large table."""
    records, rejected = summary.rows_in - before.rows_in, summary.rejected - before.rejected
    if expected.new_rejected is not None and records > 0 and rejected / records > expected.new_rejected:
        yield f"new_rejected is {rejected / records:.4f}, expected {expected.new_rejected:g} or less"


def _of_drift(summary: Summary, before: Summary, expected: Expectations) -> Iterator[str]:
    now, then = summary.contract.statistics, before.contract.statistics
    if expected.mean_drift is not None and now is not None and then is not None:
        for number, (new, old, deviation) in enumerate(zip(now.mean, then.mean, then.standard_deviation, strict=False)):
            drift = abs(new - old) / max(deviation, 1e-9)
            if drift > expected.mean_drift:
                yield (
                    f"mean_drift of channel {number} is {drift:.3f} standard deviations ({old:.2f} to {new:.2f}), "
                    f"expected {expected.mean_drift:g} or less"
                )
    if expected.class_drift is not None:
        shares, earlier = _shares(summary), _shares(before)
        drift = sum(abs(shares.get(name, 0) - earlier.get(name, 0)) for name in shares.keys() | earlier.keys()) / 2
        if drift > expected.class_drift:
            yield f"class_drift is {drift:.3f}, expected {expected.class_drift:g} or less"


def _outside(name: str, value: float, allowed: Range) -> Iterator[str]:
    if allowed.min is not None and value < allowed.min:
        yield f"{name} is {value:.4f}, expected {allowed.min:g} or more"
    if allowed.max is not None and value > allowed.max:
        yield f"{name} is {value:.4f}, expected {allowed.max:g} or less"


def _present(summary: Summary) -> list[str]:
    return sorted({name for names in summary.class_counts.values() for name in names})


def _shares(summary: Summary) -> dict[str, float]:
    """Of every class in the training split; 0 for those that have no row there."""
    rows, total = summary.class_counts.get("train", {}), sum(summary.counts.get("train", {}).values())
    return {name: rows.get(name, 0) / total if total else 0.0 for name in summary.contract.classes}
