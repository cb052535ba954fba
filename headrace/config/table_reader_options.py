"""Options of the readers of raw tables, with Spark's case-insensitive names."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ReaderOptions:
    """Options of the readers of CSV, JSON and Delta tables.

    Attributes:
        header: whether the first record of a CSV file names its columns; None: it does, unless the configuration names
            columns `_c0`, `_c1`, ...
        separator: character between two fields; None: the one of comma, semicolon, tab and bar that gives the columns
            which the configuration names.
        quote: character around fields that hold separators or line breaks, doubled inside of them; None: no quotes.
        escape: character that makes a following quote part of the field; None: quotes are doubled instead.
        comment: lines that start with this character are skipped; None skips none.
        null: text of a missing value, besides an empty field.
        strip_left: whether spaces after a separator are removed; None: where the quotes of the file follow spaces.
        strip_right: whether white space before a separator is removed.
        encoding: None: UTF-8, or UTF-16 if the file has a byte order mark.
        version: version of a Delta table; None: the latest.
        multi_line: whether quotes of CSV are trusted where a stray one seems to have joined records.
    """

    header: bool | None = None
    separator: str | None = None
    quote: str | None = '"'
    escape: str | None = None
    comment: str | None = None
    null: str | None = None
    strip_left: bool | None = None
    strip_right: bool = False
    encoding: str | None = None
    version: int | None = None
    multi_line: bool = False


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError("expected true or false")
    return value.lower() == "true"


def _always(value: str) -> None:
    """Accept a flag that has no effect, because our readers always do what it requests."""
    _flag(value)


def _character(value: str) -> str | None:
    named = {"\\t": "\t", "tab": "\t", "\\\\": "\\", "": None}
    one = named.get(value, value)
    if one is not None and (len(one) != 1 or one in "\r\n"):
        raise ValueError("expected one character")
    return one


def _separator(value: str) -> str:
    one = _character(value)
    if one is None:
        raise ValueError("expected one character")
    return one


# Codecs of Python whose texts are names of hosts or the source of programs.
NO_FILES = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape"))


def parse_encoding(value: str) -> str:
    """Return the name by which Python knows a text encoding.

    Raises:
        ValueError: Python knows none of this name, or files are not written in it.
    """
    try:
        "".encode(value)
        name = codecs.lookup(value).name
    except (LookupError, ValueError):
        raise ValueError("expected a text encoding that Python knows, such as utf-8 or latin-1") from None
    if name in NO_FILES:
        raise ValueError("expected the encoding of a text file, such as utf-8 or latin-1")
    return name


def _version(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("expected a whole number of 0 or more")
    return int(value)


Parser = Callable[[str], Any]
ENCODING: dict[str, tuple[str, Parser]] = dict.fromkeys(("encoding", "charset"), ("encoding", parse_encoding))
CSV: dict[str, tuple[str, Parser]] = {
    "header": ("header", _flag),
    "sep": ("separator", _separator),
    "delimiter": ("separator", _separator),
    "quote": ("quote", _character),
    "escape": ("escape", _character),
    "comment": ("comment", _character),
    "nullvalue": ("null", str),
    "ignoreleadingwhitespace": ("strip_left", _flag),
    "ignoretrailingwhitespace": ("strip_right", _flag),
    **ENCODING,
    "multiline": ("multi_line", _flag),
    "inferschema": ("", _always),
}
OPTIONS: dict[str, dict[str, tuple[str, Parser]]] = {
    "csv": CSV,
    "json": ENCODING | {"multiline": ("", _always)},
    "parquet": {"mergeschema": ("", _always)},
    "orc": {"mergeschema": ("", _always)},
    "tfrecord": {},
    "delta": {"versionasof": ("version", _version)},
    "lines": ENCODING,
}
# Options whose names users write with capital letters, in Spark's spelling.
SPELLINGS = {
    name.lower(): name
    for name in (
        "nullValue", "ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace", "multiLine", "inferSchema", "mergeSchema",
        "versionAsOf",
    )
}  # fmt: skip


def parse_reader_options(table_format: str, options: Mapping[str, str]) -> ReaderOptions:
    """Return the options of the reader of `table_format`, one of OPTIONS; `lines` has one text a line.

    Raises:
        ValueError: an option is unknown, or its value is invalid.
    """
    known = OPTIONS[table_format]
    parsed: dict[str, Any] = {}
    for name, value in options.items():
        if name.lower() not in known:
            accepted = ", ".join(SPELLINGS.get(option, option) for option in sorted(known))
            raise ValueError(f"the {table_format} reader has no option `{name}`; it accepts: {accepted}")
        attribute, parse = known[name.lower()]
        try:
            result = parse(value)
        except ValueError as error:
            raise ValueError(f"the option `{name}` is {value!r}: {error}") from None
        if attribute:
            parsed[attribute] = result
    if parsed.get("escape") == parsed.get("quote", '"'):
        # Spark's value for doubled quotes, which are the default here.
        parsed["escape"] = None
    return ReaderOptions(**parsed)
