"""Detect the format of text input (CSV, JSON or lines) from its first characters."""

import csv
import re
from collections.abc import Mapping
from typing import Literal

from headrace.config.table_reader_options import OPTIONS
from headrace.prepare.readers.csv.csv_reader import SEPARATORS
from headrace.prepare.readers.json_decoding import begins_with_objects, begins_with_texts

TextFormat = Literal["csv", "json", "lines"]

NAMES: dict[TextFormat, str] = {"csv": "CSV", "json": "JSON", "lines": "lines of text"}


def detect_format(text: str, column: str | None, options: Mapping[str, str] | None = None) -> TextFormat:
    """Return the format of texts by their beginning.

    Args:
        text: at least the first record, or HEAD characters.
        column: column of the texts, by which the header of CSV is known.
        options: options of the reader; one that only CSV has decides for CSV.
    """
    text = text.lstrip("\ufeff \t\r\n")
    # The reader refuses an array of texts, of which lines would be something else.
    if begins_with_objects(text) or begins_with_texts(text):
        return "json"
    if any(name.lower() in OPTIONS["csv"] and name.lower() not in OPTIONS["json"] for name in options or ()):
        return "csv"
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    rows = (next(csv.reader([header], delimiter=separator), []) for separator in SEPARATORS)
    return "csv" if column is not None and any(column in row for row in rows) else "lines"
