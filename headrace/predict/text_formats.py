"""The format of texts by their beginning, for standard input and for files whose names indicate none."""

import csv
import json
import re
from collections.abc import Mapping
from typing import Literal

from headrace.config.sections.reader_options import OPTIONS
from headrace.prepare.readers.csv_reader import SEPARATORS

TextFormat = Literal["csv", "json", "lines"]

NAMES: dict[TextFormat, str] = {"csv": "CSV", "json": "JSON", "lines": "lines of text"}
# Characters in which the first record is looked for.
HEAD = 1 << 16
BEGINS_AS_JSON = re.compile(r'\{\s*"|\[\s*\{\s*"')


def detect_format(text: str, column: str | None, options: Mapping[str, str] | None = None) -> TextFormat:
    """Return the format of texts by their beginning.

    Args:
        text: at least the first record, or HEAD characters.
        column: column of the texts, by which the header of CSV is known.
        options: options of the reader; one that only CSV has decides for CSV.
    """
    text = text.lstrip("\ufeff \t\r\n")
    if _is_json(text):
        return "json"
    if any(name.lower() in OPTIONS["csv"] and name.lower() not in OPTIONS["json"] for name in options or ()):
        return "csv"
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    rows = (next(csv.reader([header], delimiter=separator), []) for separator in SEPARATORS)
    return "csv" if column is not None and any(column in row for row in rows) else "lines"


def _is_json(text: str) -> bool:
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        # The first record may be longer than what was looked at.
        return len(text) > HEAD // 2 and BEGINS_AS_JSON.match(text) is not None
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))
