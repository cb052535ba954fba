"""Format validation errors: the expected value and the value received."""

import ast
import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

# What the types of Pydantic's errors mean; its own words name types of Python and functions that parse them.
EXPECTED = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), "expected a whole number"),
    **dict.fromkeys(("float_parsing", "float_type"), "expected a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "expected true or false"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "expected keys with values below it"),
    **dict.fromkeys(("tuple_type", "list_type"), "expected a list"),
    "string_type": "expected text (quote what reads as a number, a date, true or null)",
    "string_too_short": "expected text that is not empty",
}
MAX_LENGTH = 80


def describe_value(error: ErrorDetails) -> str:
    """Return what an invalid value should be, what it is, and of several choices the nearest."""
    expected = _expected(error)
    if error["type"] == "value_error" and isinstance(error["input"], Mapping):
        # A rule about several keys names them and their values itself.
        return expected
    return f"{expected}, received {received_text(error['input'])}{_nearest_choice(error)}"


def received_text(value: object) -> str:
    """Return a value as a message quotes it: short, and not cut within a word."""
    shown = "nothing" if value is None else repr(value)
    if len(shown) <= MAX_LENGTH:
        return shown
    if isinstance(value, Mapping):
        return f"keys with values: {_shorten(', '.join(map(str, value)))}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a list of {len(value)} values"
    return _shorten(shown)


def _expected(error: ErrorDetails) -> str:
    if error["type"] == "too_long":
        return f"expected at most {error['ctx']['max_length']} values"
    if error["type"] in EXPECTED:
        return EXPECTED[error["type"]]
    message = error["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _shorten(text: str) -> str:
    if len(text) <= MAX_LENGTH:
        return text
    head = text[:MAX_LENGTH]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + " ..."


def _nearest_choice(error: ErrorDetails) -> str:
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    choices: list[Any] = [ast.literal_eval(found) for found in re.findall(r"'[^']*'", error["ctx"]["expected"])]
    near = difflib.get_close_matches(error["input"], choices, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
