"""The distance of rows in time is the commonest one within a series; what is irregular is told."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from headrace.prepare.preview.time_spacing import TimeSpacing, bad_time_warning, find_spacing, is_epoch_time

DAYS = [date(2024, 1, 1) + timedelta(row) for row in range(400)]


def spacing(times: Sequence[str | None]) -> TimeSpacing:
    """Return the spacing of the times of one series."""
    return find_spacing("day", times, ["series"] * len(times))


def test_distance_is_that_within_a_series() -> None:
    """Two series whose clocks differ by 7 minutes."""
    times = [f"2024-01-01 {row // 2:02d}:{7 * (row % 2):02d}" for row in range(48)]
    found = find_spacing("time", times, ["north", "south"] * 24)
    assert (found.every_seconds, found.season, found.warnings) == (3600, None, ())
    assert find_spacing("time", times, ["all"] * 48).warnings


@pytest.mark.parametrize(
    ("days", "every", "example", "longest"),
    [
        ([day for day in DAYS if day.weekday() < 5], 86400, "3 days", "5 rows"),
        ([day for day in DAYS if day.day == 1], 31 * 86400, "30 days", "3 rows"),
        ([day for day in DAYS if day != DAYS[300]], 86400, "2 days", "300 rows"),
    ],
    ids=["weekdays", "months", "missing day"],
)
def test_irregular_times_are_told_with_the_longest_stretch(
    days: list[date], every: int, example: str, longest: str
) -> None:
    found = spacing([day.isoformat() for day in days])
    (warning,) = found.warnings
    assert found.every_seconds == every
    assert f"differ from every_seconds: {every}, such as {example}" in warning
    assert f"the longest stretch without one has {longest}. " in warning
    assert found.season == (7 if longest == "300 rows" else None)


def test_days_with_offsets_are_counted_by_the_calendar() -> None:
    """As `prepare` does: the day on which clocks change has 23 hours."""
    offsets = ["+01:00" if day < date(2024, 3, 31) else "+02:00" for day in DAYS[:120]]
    found = spacing([f"{day}T00:00:00{offset}" for day, offset in zip(DAYS, offsets, strict=False)])
    assert (found.every_seconds, found.season, found.warnings) == (86400, 7, ())


def test_times_that_rows_of_a_series_share_are_told() -> None:
    found = spacing([day.isoformat() for day in DAYS[:30] for _ in range(2)])
    (warning,) = found.warnings
    assert warning.startswith("60 rows with day have 30 distinct times within their series")


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (["2024-01-01", None], "no series has two times"),
        ([f"{second / 2}" for second in range(9)], "the times of day are 0.5 s apart"),
    ],
)
def test_unknown_distance_is_told(times: list[str | None], words: str) -> None:
    found = spacing(times)
    assert found.every_seconds is None
    assert words in found.description


@pytest.mark.parametrize(("unit", "factor"), [("milliseconds", 10**3), ("nanoseconds", 10**9)])
def test_times_of_other_units_are_told_and_counted_in_seconds(unit: str, factor: int) -> None:
    times = [str((1_700_000_000 + 60 * row) * factor) for row in range(50)]
    found = spacing(times)
    assert found.every_seconds == 60
    assert found.warnings == (
        f"The times of day look like {unit}, and numbers must be seconds: divide them by {factor:,}.",
    )


def test_numbers_are_times_by_their_name_or_their_distance() -> None:
    regular = [str(1_700_000_000 + 60 * row) for row in range(50)]
    rows = [str(1_700_000_000 + row) for row in range(50)]
    uneven = [str(1_700_000_000 + row**3) for row in range(50)]
    assert is_epoch_time("reading", regular)
    assert not is_epoch_time("customer", rows)
    assert is_epoch_time("unix_ts", rows)
    assert not is_epoch_time("population", uneven)
    assert not is_epoch_time("timestamp", [str(row) for row in range(50)])


@pytest.mark.parametrize("text", ["31/01/2024", "2024/01/31", "2024-01-31 6:00 PM", "2024-01-31T24:00"])
def test_dates_that_preparation_rejects_are_told(text: str) -> None:
    warning = bad_time_warning("day", ["2024-01-30", None, text])
    assert warning.startswith(
        f"As prepare.windows.time, 1 of 2 cells of day would be rejected as bad_time: its day {text!r}"
    )


@pytest.mark.parametrize("text", ["2024-01-31", "2024-1-5 9:30", "20240131T180000Z", "2024-01-31 18:00:00+02:00"])
def test_times_that_preparation_reads_have_no_warning(text: str) -> None:
    assert bad_time_warning("day", [text]) == ""


@pytest.mark.parametrize("form", ["2024-01-01T00:0{}", "2024-1-1 0:0{}"])
def test_fractions_of_seconds_are_kept(form: str) -> None:
    times = [form.format(f"{row * 1.5 // 60:.0f}:{row * 1.5 % 60:04.1f}") for row in range(100)]
    found = spacing(times)
    assert found.every_seconds is None
    assert "are 1.5 s apart" in found.description


def test_times_closer_than_a_millisecond_have_no_whole_distance() -> None:
    found = spacing([f"2024-01-01T00:00:00.{row:04d}00" for row in range(100)])
    assert found.every_seconds is None
    assert found.season is None


def test_gaps_between_parts_of_a_sample_are_no_gaps_of_the_data() -> None:
    times = [f"2024-01-{day:02d}T{hour:02d}:00" for day in (1, 5, 9) for hour in range(24)]
    names = ["series"] * len(times)
    assert find_spacing("time", times, names).warnings
    assert find_spacing("time", times, names, is_sample=True).warnings == ()
