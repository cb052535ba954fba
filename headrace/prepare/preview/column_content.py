"""Recognise what the values of a raw column are, for the preview: a CSV file has only texts."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.number_notation_and_float32_warnings import parse_float32
from headrace.wording import column_title

INTEGER = re.compile(r"[+-]?[0-9]+")
BOOLEAN_NAMES = frozenset(("true", "false", "yes", "no"))
# 31/12/2025, 12-31-2025 or 31.12.2025, 2025/12/31, or 2025-1-5, perhaps with a time; ISO 8601 is parsed.
LOCAL_DATE = re.compile(r"(?:[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{4}|[0-9]{4}([./-])[0-9]{1,2}\2[0-9]{1,2})(?:[ T,].*)?")
NUMBERS = frozenset(("integer", "number"))
# Contents that are neither texts nor names of files.
TYPED = frozenset(("date", "truth value", "none"))
# Fewer values than this may differ by chance.
MIN_VALUES = 20
# 01067: as a number it would be 1067.
CODE = re.compile(r"[+-]?0[0-9]+")
CODES = "code with leading zeros"
# C-0001 or 3f2a-77: a name with a digit and without white space, unlike a text; of rows, if each has another.
ROW_NAME = re.compile(r"(?=.*[0-9])[A-Za-z0-9._#-]+")
# Numbers that `prepare` parses once they are written otherwise: 1,5 and 1.234,5 and 1,234 and 1 234; $5, 10 % and 20 °.
SEPARATED = re.compile(
    r"[-+]?[0-9]+(?:[.' \u00a0\u202f][0-9]{3})*,[0-9]+"
    r"|[-+]?[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:[' \u00a0\u202f][0-9]{3})+)(?:\.[0-9]+)?"
)
WITH_SYMBOL = re.compile(r"[$€£¥]\s?[-+]?[0-9][0-9.,]*|[-+]?[0-9][0-9.,]*\s?[%‰°$€£¥]")
# Python types of cells of formats that have types.
TYPES = {
    "bool": "truth value", "int": "integer", "float": "number", "Decimal": "number", "date": "date",
    "datetime": "date",
}  # fmt: skip


def recognize(texts: Iterable[str]) -> str:
    """Return what all the texts are that are not missing, such as integer, date or text; see `_content`.

    Integers among which some have leading zeros are codes. Of a column of several kinds it has all of them, the most
    frequent first, such as number/text; `prepare` parses numbers in the same way.
    """
    counts = Counter[str]()
    for one, cells in Counter(texts).items():
        if text := normalize_label(one):
            counts[_content(text)] += cells
    if counts.keys() == NUMBERS:
        return "number"
    if counts.keys() == {"integer", CODES}:
        return CODES
    return "/".join(kind for kind, _ in counts.most_common()) or "none"


def _content(text: str) -> str:
    if CODE.fullmatch(text):
        return CODES
    if INTEGER.fullmatch(text):
        return "integer"
    if math.isfinite(parse_float32(text)):
        return "number"
    if text.lower() in BOOLEAN_NAMES:
        return "truth value"
    if SEPARATED.fullmatch(text):
        return "number with other separators"
    if WITH_SYMBOL.fullmatch(text):
        return "number with a unit"
    return "date" if is_date(text) else "text"


def is_date(text: str) -> bool:
    """Return whether a text is a date, perhaps with a time."""
    return LOCAL_DATE.fullmatch(text.strip()) is not None or _is_iso_date(text.strip())


def _is_iso_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def column_content(column: dict[str, Any]) -> str:
    """Return what the values of a column of the preview are; the names of its types where they say no more."""
    return str(column["content"] or TYPES.get(column["type"], column["type"]))


def is_row_name(column: dict[str, Any]) -> bool:
    """Return whether a column of the preview has another name or code in each row, such as those of customers."""
    is_named = not {"text", CODES}.isdisjoint(column_content(column).split("/"))
    differs = column["present"] >= MIN_VALUES and column["distinct"] == column["present"]
    return is_named and differs and all(map(ROW_NAME.fullmatch, column["examples"]))


def _is_mostly_different_text(column: dict[str, Any]) -> bool:
    several = column["present"] >= MIN_VALUES
    return column_content(column) == "text" and several and 2 * column["distinct"] > column["present"]


def describe_unlike_inputs(columns: Sequence[dict[str, Any]], label: str | None = None) -> list[str]:
    """Return what to know of columns that can be read as numbers or categories, but tell little as these.

    Args:
        label: the column of the labels, which is no input.
    """
    several = [column for column in columns if column["name"] != label and column["present"] >= MIN_VALUES]
    kinds = {column["name"]: column_content(column) for column in several}
    numbered = [one["name"] for one in several if kinds[one["name"]] == "integer" and one["distinct"] == one["present"]]
    dates = [name for name, kind in kinds.items() if kind == "date"]
    named = [one["name"] for one in several if is_row_name(one)]
    texts = [one["name"] for one in several if _is_mostly_different_text(one) and one["name"] not in named]
    found = [(name, "another number in each row; leave it out if it only numbers the rows") for name in numbered]
    found += [
        (name, "another name in each row; leave it out, as other rows have none of these names") for name in named
    ]
    found += [
        (
            name,
            "dates; of a series, they are prepare.windows.time (`headrace init --kind windows`); else make numbers of "
            "them, such as days, or categories, such as months",
        )
        for name in dates
    ]
    found += [
        (
            name,
            "most texts are different; as categories they would be unknown, as texts they are an input of `headrace "
            "init --kind record`",
        )
        for name in texts
    ]
    return [f"{column_title(name)}: {content}" for name, content in found]


def describe_tabular(columns: Sequence[dict[str, Any]], label: str | None = None) -> str:
    """Return which columns can be numbers of a model of rows, and which must be categories; empty without numbers.

    Args:
        label: the column of the labels, which is no input.
    """
    kinds = {column["name"]: column_content(column) for column in columns if column["name"] != label}
    numbers = [name for name, kind in kinds.items() if kind in NUMBERS]
    unlike = [column["name"] for column in columns if is_row_name(column) or _is_mostly_different_text(column)]
    unclean = [
        name for name, kind in kinds.items() if name not in {*numbers, *unlike} and kind.startswith(tuple(NUMBERS))
    ]
    if not numbers and not unclean:
        return ""
    others = [name for name, kind in kinds.items() if kind != "none" and name not in {*numbers, *unclean, *unlike}]
    found = [f"prepare.tabular.numbers can name {', '.join(map(column_title, numbers))}"] if numbers else []
    if others:
        found.append(f"prepare.tabular.categories is for {_with_kinds(others, kinds)}")
    if unclean:
        found.append(
            f"{_with_kinds(unclean, kinds)} can be in numbers once each cell is empty or written as 1234.5, without a "
            "unit; as they are, they can be in categories"
        )
    return "for a model of rows, " + "; ".join(found)


def _with_kinds(names: Sequence[str], kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{column_title(name)} ({kinds[name]})" for name in names)
