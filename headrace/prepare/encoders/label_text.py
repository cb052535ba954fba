"""Normalise labels, and parse and encode values of several labels."""

import ast
import json
import math
import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.readers.cell_to_text import decode_text_cell
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import short_repr

# Type of a stored class index.
INDEX_TYPE = np.dtype("<i4")
# A list or a tuple as Python prints it. A list of NumPy's has no commas, so that Python would join its names.
MEMBER = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?[\d.]+|None|True|False)"
PYTHON_LIST = re.compile(
    rf"\[\s*{MEMBER}(?:\s*,\s*{MEMBER})*\s*,?\s*\]|\(\s*{MEMBER}\s*,(?:\s*{MEMBER}(?:\s*,\s*{MEMBER})*\s*,?)?\s*\)"
)
# Other objects as Python prints them: array(['a']), frozenset({'a'}), np.str_('a'), and tuples of tuples.
PYTHON_OBJECT = re.compile(
    r"(?:[A-Za-z_][\w.]*)?\(\s*[\[({'\"].*\)|(?:frozenset|set|list|tuple|dict)\(\s*\)", re.DOTALL
)
CLOSING = {"[": "]", "(": ")", "{": "}"}
OPENING = {closing: opening for opening, closing in CLOSING.items()}
QUOTES = "\"'"
# Without a letter or a digit, brackets are no list: `:)`.
WORD = re.compile(r"\w")


def label_cell(value: object, *, several: bool) -> str | None:
    """Return the label in a cell as text; None if it is missing.

    Args:
        several: whether a list of names may be a label.

    Raises:
        RejectedRecordError: the cell is an object, bytes that are no text, or a list that cannot be a label.
    """
    if isinstance(value, list) and several:
        return format_labels(value)
    if isinstance(value, list):
        raise _bad_label(value, "a list; expected one name or number; lists of names need prepare.task: multi_label")
    if isinstance(value, dict):
        raise _bad_label(value, f"an object; expected {'a list of names' if several else 'one name or number'}")
    return normalize_label(_member_text(value))


def parse_labels(text: str, separator: str) -> tuple[str, ...]:
    """Return the names in a list of JSON or Python, or between separators; each once, as `normalize_label` returns it.

    Raises:
        RejectedRecordError: the text is an object, a list of other things than names, a list that cannot be read, or
            has separators within brackets or quotes.
    """
    names = _parse_list(text.strip(), separator)
    cleaned = map(normalize_label, _split_names(text, separator) if names is None else names)
    return tuple(dict.fromkeys(name for name in cleaned if name))


def is_unbalanced(name: str) -> bool:
    """Return whether a name has a bracket, or at its beginning or end a quote, without the other one."""
    return any(_unmatched_brackets(name)) or bool(_half_quote(name, 0) or _half_quote(name, -1))


def readable_labels(text: str, separator: str) -> tuple[str, ...]:
    """Return the names that `parse_labels` finds; none if it rejects the text."""
    try:
        return parse_labels(text, separator)
    except RejectedRecordError:
        return ()


def unreadable_labels(text: str | None, separator: str) -> str | None:
    """Return why `parse_labels` rejects a text; None if it does not."""
    try:
        parse_labels(text or "", separator)
    except RejectedRecordError as rejection:
        return rejection.detail
    return None


def format_labels(names: Iterable[object]) -> str:
    """Return the text from which `parse_labels` restores these names, without those that are missing.

    Raises:
        RejectedRecordError: one of them is itself a list or an object.
    """
    return json.dumps(_list_names(names), ensure_ascii=False)


def encode_labels(indices: Iterable[int]) -> bytes:
    """Return the bytes that a table stores for these class indices: sorted, little-endian int32."""
    return np.array(sorted(indices), INDEX_TYPE).tobytes()


def count_labels(split: str, labels: pa.ChunkedArray) -> Counter[tuple[str, int]]:
    """Return the rows by split and class index, from a column of stored labels."""
    indices = np.frombuffer(b"".join(labels.to_pylist()), INDEX_TYPE)
    return Counter({(split, index): rows for index, rows in enumerate(np.bincount(indices).tolist()) if rows})


def _parse_list(text: str, separator: str) -> list[str] | None:
    """Return the names in a list; None if the text is no list."""
    if not text.startswith(("[", "{")) and PYTHON_OBJECT.fullmatch(text) is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _parse_python_list(text)
    if isinstance(value, list | tuple):
        return _list_names(value)
    if value is not None:
        raise _bad_label(value, "an object; expected a list of names")
    is_list = _is_enclosed(text) and any(one in text[1:-1] for one in (separator, *QUOTES, text[0]))
    if is_list or PYTHON_OBJECT.fullmatch(text):
        raise _bad_label(text, "neither a list of JSON nor one of Python")
    return None


def _is_enclosed(text: str) -> bool:
    """Return whether a text is a list or an object, also of others, by its brackets: [...], but not [a] and [b]."""
    is_closed = len(text) > 1 and text[-1] == CLOSING.get(text[0])
    return is_closed and not any(_unmatched_brackets(text[1:-1]))


def _split_names(text: str, separator: str) -> list[str]:
    """Return the parts of a text between separators.

    Raises:
        RejectedRecordError: a separator is within brackets or quotes, or a list has lost one of its brackets.
    """
    parts = text.split(separator)
    opened = set[str]()
    for part in (one.strip() for one in parts if WORD.search(one)):
        opening, closing = _unmatched_brackets(part)
        ends = {_half_quote(part, -1), *(OPENING[one] for one in closing)}
        if opened & ends or part[0] in opening or part[-1] in closing.replace(")", ""):
            raise _bad_label(
                text, f'cut at {separator!r} within brackets or quotes: {part!r:.40}; write lists in JSON: ["a", "b"]'
            )
        opened |= {*opening, _half_quote(part, 0)} - {""}
    return parts


def _unmatched_brackets(text: str) -> tuple[str, str]:
    """Return the brackets of a text that are not closed, and those that are not opened."""
    opened, unopened = list[str](), ""
    for one in text:
        if one in CLOSING:
            opened.append(one)
        elif one in OPENING and opened and opened[-1] == OPENING[one]:
            opened.pop()
        elif one in OPENING:
            unopened += one
    return "".join(opened), unopened


def _half_quote(text: str, end: int) -> str:
    """Return the quote at one end of a text, 0 or -1, that is there alone; empty without one."""
    quote = text[end] if text else ""
    return quote if quote and quote in QUOTES and text.count(quote) == 1 else ""


def _parse_python_list(text: str) -> object:
    """Return a list or a tuple as Python prints it; None if the text is neither."""
    try:
        return ast.literal_eval(text) if PYTHON_LIST.fullmatch(text) else None
    except (ValueError, SyntaxError):
        return None


def _list_names(names: Iterable[object]) -> list[str]:
    """Return the names of the members as those of cells; none of a missing one."""
    members = list(names)
    for one in members:
        if isinstance(one, list | dict | tuple):
            raise _bad_label(members, "a list of lists or objects; expected a list of names")
    return [text for one in members if (text := _member_text(one)) is not None]


def _member_text(value: object) -> str | None:
    """Return a name or number as text; None if it is missing.

    Raises:
        RejectedRecordError: it is bytes that are no text, an infinite number, as JSON's Infinity and 1e400 are, or
            holds a NUL character.
    """
    if isinstance(value, float) and math.isinf(value):
        raise _bad_label(value, "not a finite number")
    text = decode_text_cell(value, "the label")
    if text is not None and "\0" in text:
        raise _bad_label(text, "damaged: it holds a NUL character")
    return text


def _bad_label(value: object, problem: str) -> RejectedRecordError:
    return RejectedRecordError(Reason.BAD_LABEL, f"the label {short_repr(value)} is {problem}")
