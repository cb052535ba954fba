"""A cell that is no time is rejected with what to write instead."""

import pytest

from headrace.prepare.sources.series.timestamp_error_messages import describe_bad_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "its day is empty"),
        (" ", "its day is empty"),
        ("31/01/2024", "write year, month and day in this order"),
        ("1.2.24 18:00", "write year, month and day in this order"),
        ("24-01-31", "write years with four digits"),
        ("2024/01/31", "write dates with hyphens"),
        ("2024-01-31 06:00 pm", "write hours from 00 to 23"),
        ("2024-01-31T24:00", "write the end of a day as 00:00 of the next day"),
        ("2024-01-31 18:00:00 CEST", "write the time zone as an offset"),
        ("18:00", "it has no day"),
        ("yesterday", "expected a date, with a time or without one"),
        ("2024-13-01", "expected a date, with a time or without one"),
    ],
)
def test_reject_of_a_time_says_what_to_write(text: str | None, expected: str) -> None:
    assert expected in describe_bad_time("day", text)
