"""Error messages for timestamps that cannot be parsed."""

import re

# 31/01/2024, 1.2.24: nobody but the writer knows which of the numbers is the day.
DAY_FIRST = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}\b.*", re.DOTALL)
TWO_DIGIT_YEAR = re.compile(r"\d{2}-\d{1,2}-\d{1,2}\b.*", re.DOTALL)
SLASHES = re.compile(r"\d{4}([/.])\d{1,2}\1\d{1,2}\b.*", re.DOTALL)
HALF_DAY = re.compile(r".*\d\s*[AaPp]\.?[Mm]\.?", re.DOTALL)
END_OF_DAY = re.compile(r".*[T ]24:00(?::00(?:\.0*)?)?", re.DOTALL)
ZONE_NAME = re.compile(r".*\d:\d\d.*[A-Za-z]{3,}", re.DOTALL)
CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d*)?)?")
# Of a column of dates; other forms are times in some columns only, and texts in others.
DATE_FORMS = (HALF_DAY, END_OF_DAY, DAY_FIRST, SLASHES)
FORMS = (
    (CLOCK, "it has no day; write day and time, such as 2024-01-31 18:00:00"),
    (HALF_DAY, "write hours from 00 to 23, such as 2024-01-31 18:00:00"),
    (END_OF_DAY, "write the end of a day as 00:00 of the next day"),
    (TWO_DIGIT_YEAR, "write years with four digits, such as 2024-01-31"),
    (DAY_FIRST, "write year, month and day in this order, such as 2024-01-31, as the text may mean two days"),
    (SLASHES, "write dates with hyphens, such as 2024-01-31"),
    (ZONE_NAME, "write the time zone as an offset, such as 2024-01-31 18:00:00+02:00"),
)
OTHERS = "expected a date, with a time or without one, such as 2024-01-31 18:00:00, or only numbers of seconds"


def describe_bad_time(name: str, text: str | None) -> str:
    """Return why a cell is no time, and what to write instead.

    Args:
        name: the column.
        text: the cell; None if it is empty.
    """
    if not text or not text.strip():
        return f"its {name} is empty"
    remedy = next((words for form, words in FORMS if form.fullmatch(text.strip())), OTHERS)
    return f"its {name} {text!r:.60} is not a time; {remedy}"


def is_bad_date(text: str) -> bool:
    """Return whether a date is written in a form that is no time."""
    return any(form.fullmatch(text.strip()) for form in DATE_FORMS)
