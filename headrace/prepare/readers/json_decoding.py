"""Decode the values of a text of JSON: its lines, the elements of an array, or values one after another."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from headrace.errors import DataError

CHARACTERS = 2**20
# An object of more characters is treated as damage, so that one missing bracket does not fill the memory.
MAX_OBJECT = 64 * 2**20
SPACE = " \t\r\n"
# Begins each text of a sequence by RFC 7464.
RECORD_SEPARATOR = "\x1e"
# A byte order mark.
MARK = "\ufeff"
# Characters in which `begins_with_objects` looks for the first record.
HEAD = 1 << 16
TEXTS_BEGINNING = re.compile(r'\[\s*(\[\s*)*"')
BEGINNING = re.compile(r'\{\s*"|\[\s*\{\s*"')


def begins_with_texts(text: str) -> bool:
    """Return whether a text of at most HEAD characters begins with an array of texts, or of arrays, of JSON."""
    text = text.lstrip(MARK + SPACE)
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return len(text) > HEAD // 2 and TEXTS_BEGINNING.match(text) is not None
    return isinstance(value, list) and bool(value) and isinstance(value[0], str | list)


def begins_with_objects(text: str) -> bool:
    """Return whether a text of at most HEAD characters begins with an object of JSON, or with an array of them."""
    text = text.lstrip(MARK + SPACE)
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        # The first record may be longer than what was looked at.
        return len(text) > HEAD // 2 and BEGINNING.match(text) is not None
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def value_at(values: Mapping[str, Any], name: str, absent: Any = None) -> Any:
    """Return the cell of a column: by its name, or else by the names of nested fields, such as review.text.

    Args:
        absent: what is returned where there is none.
    """
    if name in values:
        return values[name]
    head, dot, rest = name.partition(".")
    while dot:
        inner = values.get(head)
        if isinstance(inner, Mapping):
            return value_at(inner, rest, absent)
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return absent


class RepeatedKeys(dict[str, Any]):
    """An object in which a key stands twice; Python's json keeps the last value."""


def object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these keys and values; `RepeatedKeys` if a key stands twice."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedKeys(found)


def lines_by_line_feed(text: IO[str]) -> Iterator[str]:
    """Yield lines that end with a line feed; a carriage return alone ends no line.

    The byte order mark that begins a file is left out, also where files were joined.
    """
    held = ""
    for line in text:
        held += line
        if held.endswith("\n"):
            yield held.removeprefix(MARK)
            held = ""
    if held:
        yield held.removeprefix(MARK)


def is_object(line: str) -> bool:
    """Return whether a line is an object."""
    return decode_object(line) is not None


def decode_object(line: str) -> dict[str, Any] | None:
    """Return the object that a line is; None if it is no object."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def starts_with_object(line: str) -> bool:
    """Return whether a line begins with an object and continues after it."""
    try:
        return isinstance(json.JSONDecoder().raw_decode(line.lstrip(SPACE))[0], dict)
    except (ValueError, RecursionError):
        return False


def describe_decode_error(error: Exception, begin: int) -> str:
    """Return what is wrong with the value that begins at `begin`, without the line that Python counts within it."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    return f"{error.msg.removesuffix(' at')} at character {error.pos - begin + 1}"


class _ValueStream:
    """The values of a text that is read piece by piece: the elements of an array, or values one after another.

    Attributes:
        held: the piece of the text that is held in memory.
        at: position in `held` of the next character.
        line: number of the line of that character.
        in_array: whether the text is an array.
    """

    def __init__(self, text: IO[str], path: Path) -> None:
        self.text, self.path = text, path
        self.decoder = json.JSONDecoder(object_pairs_hook=object_of_pairs)
        self.held, self.line = text.read(CHARACTERS), 1
        self.in_array = self.held.lstrip(SPACE + MARK).startswith("[")
        self.at = self.held.find("[") + 1 if self.in_array else 0

    def __iter__(self) -> Iterator[Any]:
        while self._reach_value():
            yield self._decode_value()

    def _reach_value(self) -> bool:
        """Advance to the next value; return False at the end.

        Raises:
            DataError: the array has no end, or the text continues after it.
        """
        self._advance(_skip_characters(self.held, self.at, SPACE + "," + MARK))
        while self.at == len(self.held):
            self.held, self.at = self.text.read(CHARACTERS), 0
            if not self.held:
                if self.in_array:
                    raise DataError(f"{self.path} is damaged at line {self.line}: the JSON array has no end.")
                return False
            self._advance(_skip_characters(self.held, self.at, SPACE + "," + MARK))
        if self.in_array and self.held[self.at] == "]":
            self._require_end()
            return False
        return True

    def _advance(self, end: int) -> None:
        self.line += self.held.count("\n", self.at, end)
        self.at = end

    def _require_end(self) -> None:
        rest = (self.held[self.at + 1 :] + self.text.read(CHARACTERS)).strip(SPACE)
        if rest.startswith("[") and not rest[1:].lstrip(SPACE).startswith("{"):
            raise DataError(
                f"{self.path} has an array after another at line {self.line}; expected an object for each record, such "
                'as {"text": "...", "label": "..."}, as the names of its fields are those of the columns.'
            )
        if rest:
            raise DataError(
                f"{self.path} continues after the end of its JSON array at line {self.line}; expected one array."
            )

    def _decode_value(self) -> Any:
        while True:
            try:
                value, end = self.decoder.raw_decode(self.held, self.at)
            except (ValueError, RecursionError) as error:
                self._read_more(error)
            else:
                self._advance(end)
                return value

    def _read_more(self, error: Exception) -> None:
        """Hold more of the text, in case a value continues there; raise if there is no more, or the value is too long.

        Each piece is as long as what is held, so that the time of all attempts is linear in the length of the value.
        """
        length = len(self.held) - self.at
        more = self.text.read(max(CHARACTERS, length)) if length < MAX_OBJECT else ""
        if not more and self.held[self.at] == RECORD_SEPARATOR:
            raise DataError(
                f"{self.path} has record separators (0x1e), as JSON text sequences of RFC 7464; expected JSON lines: "
                "remove the separators, for example with tr -d '\\036'."
            )
        if not more:
            raise DataError(
                f"{self.path} is damaged at line {self.line}: {describe_decode_error(error, self.at)} of the value "
                "there."
            )
        self.held, self.at = self.held[self.at :] + more, 0


def decode_all(text: IO[str], path: Path) -> Iterator[Any]:
    """Yield the elements of an array, or the values of a series.

    Raises:
        DataError: the file is damaged.
    """
    yield from _ValueStream(text, path)


def _skip_characters(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at
