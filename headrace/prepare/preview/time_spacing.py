"""Find how far apart the rows of a series are, for `prepare.windows.every_seconds` and `season`."""

import contextlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from headrace.prepare.sources.series.timestamp_error_messages import describe_bad_time, is_bad_date
from headrace.prepare.sources.series.unix_time_units_by_magnitude import EPOCH_UNITS
from headrace.wording import quantity

DAY, WEEK = 86400, 7 * 86400
EPOCH_START = datetime(1970, 1, 1)
# Names of columns of times; numbers in other columns are times only if most are equally far apart.
TIME_NAME = re.compile(r"time|date|stamp|epoch|unix|when|(?:^|_)ts?$", re.IGNORECASE)
# 2024-1-5 9:30, which `prepare` reads beside ISO 8601.
SHORT_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?")
LONGEST_UNIT = ((WEEK, "week"), (DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, kw_only=True)
class TimeSpacing:
    """How far apart the times of a series are.

    Attributes:
        every_seconds: the commonest distance; None if it is not known, or no whole number of seconds.
        season: rows of the obvious period, such as 24 of hours; None without one that a stretch without a gap has
            twice.
        description: what they were taken from, for people.
        warnings: why `prepare` would reject times or windows.
    """

    every_seconds: int | None
    season: int | None
    description: str
    warnings: tuple[str, ...]


def find_spacing(
    name: str, times: Sequence[str | None], series: Sequence[str | None], *, is_sample: bool = False
) -> TimeSpacing:
    """Return the spacing of the times of a column.

    Args:
        name: the column.
        times: its cells as text; None if missing.
        series: the name of the series of each; equal ones if all are of one series.
        is_sample: whether rows are missing because a part of the files was read; their gaps are not warned of.
    """
    warnings = [warning] if (warning := bad_time_warning(name, times)) else []
    unit = epoch_unit(times)
    if unit is not None and unit[0] != "seconds":
        warnings.append(
            f"The times of {name} look like {unit[0]}, and numbers must be seconds: divide them by {1 / unit[1]:,.0f}."
        )
    factor = 1.0 if unit is None else unit[1]
    by_series = _seconds_by_series(times, series, factor, is_wall_clock=False)
    distances = _distances(by_series)
    if not distances:
        unknown = f"every_seconds is not taken from {name}, as no series has two times that can be read; set it"
        return TimeSpacing(every_seconds=None, season=None, description=unknown, warnings=tuple(warnings))
    # Steps of whole days are counted by the calendar.
    if distances.most_common(1)[0][0] % DAY == 0:
        by_series = _seconds_by_series(times, series, factor, is_wall_clock=True)
        distances = _distances(by_series)
    step = distances.most_common(1)[0][0]
    if step < 1 or not step.is_integer():
        unknown = f"every_seconds must be whole, and the times of {name} are {step:g} s apart; write numbers of steps"
        return TimeSpacing(every_seconds=None, season=None, description=unknown, warnings=tuple(warnings))
    longest = _longest_run(by_series, step)
    season = _season(int(step), longest)
    warnings += _repetition(name, times, series, by_series)
    warnings += [] if is_sample else _irregularity(name, distances, longest)
    return TimeSpacing(
        every_seconds=int(step),
        season=season,
        description=_describe(name, distances, season),
        warnings=tuple(warnings),
    )


def _describe(name: str, distances: Counter[float], season: int | None) -> str:
    step, count = distances.most_common(1)[0]
    of_all = f"{count:,} of {quantity(distances.total(), 'distance')}"
    period = f"season: {season}" if season else "no season"
    return (
        f"every_seconds: {step:.0f} ({_duration(step)}) and {period}, from the times of {name} ({of_all} in one "
        "series); length and horizon are numbers of such rows"
    )


def _repetition(
    name: str, times: Sequence[str | None], series: Sequence[str | None], by_series: Sequence[Sequence[float]]
) -> list[str]:
    rows, distinct = sum(bool(time and one) for time, one in zip(times, series, strict=True)), sum(map(len, by_series))
    if rows <= distinct:
        return []
    return [
        f"{quantity(rows, 'row')} with {name} have {quantity(distinct, 'distinct time')} within their series; rows of "
        "one time are gaps unless they are equal. Set prepare.windows.series to the column that tells them apart, or "
        "write the whole time in one column."
    ]


def _irregularity(name: str, distances: Counter[float], longest: int) -> list[str]:
    step, count = distances.most_common(1)[0]
    others = distances.total() - count
    if not others:
        return []
    example = next(_duration(one) for one, _ in distances.most_common() if one != step)
    return [
        f"{others:,} of {quantity(distances.total(), 'distance')} of {name} differ from every_seconds: {step:.0f}, "
        f"such as {example}; these are gaps that no window spans, and the longest stretch without one has "
        f"{quantity(longest, 'row')}. If rows are missing, add them; if the times are irregular, such as months or "
        "weekdays, number the rows of each series 0, 1, 2 in a column for prepare.windows.time, with every_seconds: 1."
    ]


def bad_time_warning(name: str, cells: Iterable[str | None]) -> str:
    """Return why `prepare` would reject dates of a column as times; empty if it would not."""
    present = [cell for cell in cells if cell and cell.strip()]
    bad = [cell for cell in present if is_bad_date(cell)]
    if not bad:
        return ""
    return (
        f"As prepare.windows.time, {len(bad):,} of {quantity(len(present), 'cell')} of {name} would be rejected as "
        f"bad_time: {describe_bad_time(name, bad[0])}."
    )


def is_epoch_time(name: str, cells: Collection[str | None]) -> bool:
    """Return whether the numbers of a column are times since 1970: by its name, or as most are equally far apart.

    Numbers of rows, which are 1 apart, are none without such a name.
    """
    unit = epoch_unit(cells)
    if unit is None:
        return False
    if TIME_NAME.search(name):
        return True
    distances = _distances([sorted({float(cell) for cell in cells if cell})])
    step, count = distances.most_common(1)[0] if distances else (0.0, 0)
    return step > 1 and 2 * count > distances.total()


def epoch_unit(cells: Collection[str | None]) -> tuple[str, float] | None:
    """Return the unit of times since 1970, and its seconds; None if a cell is no such number, or there is none."""
    numbers = [_parse_number(cell) for cell in cells if cell and cell.strip()]
    for unit, seconds, least, most in EPOCH_UNITS:
        if numbers and all(least <= number <= most for number in numbers):
            return unit, seconds
    return None


def _parse_number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _seconds_by_series(
    times: Sequence[str | None], series: Sequence[str | None], factor: float, *, is_wall_clock: bool
) -> list[list[float]]:
    """Return the distinct times of each series in seconds, in their order."""
    found = defaultdict[str, set[float]](set)
    is_numeric = all(not cell or not math.isnan(_parse_number(cell)) for cell in times)
    for cell, name in zip(times, series, strict=True):
        if not cell or not name:
            continue
        seconds = _parse_number(cell) * factor if is_numeric else _parse_seconds(cell, is_wall_clock)
        if math.isfinite(seconds):
            found[name.strip()].add(seconds)
    return [sorted(seconds) for seconds in found.values()]


def _parse_seconds(cell: str, is_wall_clock: bool) -> float:
    time = _parse_time(cell.strip())
    if time is None:
        return math.nan
    if time.tzinfo is not None and not is_wall_clock:
        time = time.astimezone(UTC)
    return (time.replace(tzinfo=None) - EPOCH_START).total_seconds()


def _parse_time(text: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text)
    parts = SHORT_DATE.fullmatch(text)
    if parts is None:
        return None
    *whole, fraction = parts.groups()
    with contextlib.suppress(ValueError):
        year, month, day, hour, minute, second = (int(part or 0) for part in whole)
        return datetime(year, month, day, hour, minute, second, int(f"{fraction or '':0<6.6}"))
    return None


def _distances(by_series: Iterable[Sequence[float]]) -> Counter[float]:
    """Return how often each distance is between two consecutive times of a series, to the millisecond."""
    return Counter(round(after - before, 3) for times in by_series for before, after in pairwise(times))


def _longest_run(by_series: Iterable[Sequence[float]], step: float) -> int:
    """Return the most consecutive rows of a series that are `step` apart."""
    longest = 0
    for times in by_series:
        run = 1
        for before, after in pairwise(times):
            longest, run = max(longest, run), run + 1 if round(after - before, 3) == step else 1
        longest = max(longest, run)
    return longest


def _season(step: int, rows: int) -> int | None:
    """Return the rows of a day, of a week of days or of a year of weeks, if `rows` are two of them."""
    season = DAY // step if step < DAY and DAY % step == 0 else {DAY: 7, WEEK: 52}.get(step, 0)
    return season if season > 1 and rows >= 2 * season else None


def _duration(seconds: float) -> str:
    unit, name = next(((unit, name) for unit, name in LONGEST_UNIT if seconds % unit == 0), (1, "second"))
    if seconds % unit:
        return f"{seconds:g} seconds"
    return quantity(int(seconds // unit), name)
