"""Detect names of multi_label records that look like several names, parts of lists or names with scores."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from headrace.prepare.encoders.label_text import PYTHON_OBJECT, is_unbalanced
from headrace.wording import shorten

# Characters between names in many exports; a comma may be part of a name.
SEPARATORS = (";", "|", "\t", ",")
# Characters between names that are as often parts of them.
WEAK_SEPARATORS = (" ", "\n", "/", "&", "+", "-", "_", ":")
# From this many names on, words that recur in all of them are no coincidence.
MIN_COMBINATIONS = 3
# What people write between two names, besides `SEPARATORS`.
BETWEEN_NAMES = re.compile(r"\s*(?:[/&+]|\band\b)\s*|\s+", re.IGNORECASE)
# A name with a score or a truth value: cat:0.9, cat=1, cat (0.9).
SCORED = re.compile(r"(?=.*[^\W\d_]).+?\s*(?:[:=]\s*[-+]?(?:\d*\.\d+|\d+)%?|\(\s*\d*\.\d+%?\s*\))", re.DOTALL)
WHOLE_NUMBER = re.compile(r"[:=]\s*([-+]?\d+)$")


def list_names(names: Iterable[str]) -> list[str]:
    """Return the names that look like lists or objects."""
    return [name for name in names if name[:1] + name[-1:] in ("[]", "{}") or PYTHON_OBJECT.fullmatch(name)]


def multi_label_warnings(known: Sequence[str], names: Sequence[str], separator: str) -> list[str]:
    """Return warnings about names that may be several, parts of a list, or names with scores.

    Args:
        known: classes of the table's previous version.
        names: classes of the records that are to be prepared.
        separator: what is between the names of one record.
    """
    joined = _separator_warnings([*known, *names], separator)
    return [*joined, *_list_warnings(names), *_score_warnings(names)]


def _separator_warnings(names: Sequence[str], separator: str) -> list[str]:
    warnings = []
    if composed := _composed_names(names):
        warnings.append(
            f"The classes {_shown(composed)} are made of the names of others; if each is several names, write "
            f"{separator!r} between them."
        )
    strong = {one: _joined_names(names, one) for one in SEPARATORS if one != separator}
    weak = {one: _combinations(names, one) for one in WEAK_SEPARATORS if one != separator and not composed}
    warnings += [
        f"The classes {_shown(joined)} hold {other!r}, and {separator!r} separates the names of a record; if "
        f"each is several names, set prepare.label_separator to {other!r}."
        for other, joined in strong.items()
        if joined
    ]
    warnings += [
        f"The classes {_shown(joined)} are combinations of parts that recur, between {other!r}, and {separator!r} "
        f"separates the names of a record; if each is several names, set prepare.label_separator to {other!r}."
        for other, joined in weak.items()
        if joined
    ]
    return warnings


def _list_warnings(names: Sequence[str]) -> list[str]:
    how = 'write lists in JSON: ["a", "b"]'
    warnings = []
    if lists := list_names(names):
        warnings.append(
            f"The classes {_shown(lists)} look like lists or objects, and each is used as one name, as it is a list "
            f"neither of JSON nor of Python; {how}, and the names of a record's classes in place of a vector."
        )
    if cut := [name for name in names if is_unbalanced(name)]:
        warnings.append(
            f"The classes {_shown(cut)} have brackets or quotes without their other halves; if they are parts of "
            f"lists, {how}."
        )
    return warnings


def _score_warnings(names: Sequence[str]) -> list[str]:
    scored = [name for name in names if SCORED.fullmatch(name)]
    values = {found[1] if (found := WHOLE_NUMBER.search(name)) else "" for name in scored}
    if "" not in values and values != {"0", "1"}:
        return []
    return [
        f"The classes {_shown(scored)} look like names with scores or truth values, which are parts of the names; "
        "list only the names of each record's classes."
    ]


def _joined_names(names: Sequence[str], separator: str) -> list[str]:
    """Return the names that seem to be several; with commas those that share one of them with another name."""
    joined = [name for name in names if separator in name.strip(separator)]
    parts = Counter(part.strip() for name in names for part in set(name.split(separator)))
    return [name for name in joined if separator != "," or any(parts[one.strip()] > 1 for one in name.split(separator))]


def _combinations(names: Sequence[str], separator: str) -> list[str]:
    """Return the names with several parts between separators, if most are such, and made of parts that recur.

    The parts are few, as in `red car`, `red bus` and `blue car`, or recur in other places, as `clear` does in `clear
    water` and `haze clear`, and `New` does not in `New York` and `New Jersey`.
    """
    parts = {name: [part.strip() for part in name.split(separator) if part.strip()] for name in names}
    joined = {name: found for name, found in parts.items() if len(found) > 1}
    if len(joined) < MIN_COMBINATIONS or 2 * len(joined) < len(parts):
        return []
    uses = Counter(part for found in parts.values() for part in set(found))
    made = [name for name, found in joined.items() if all(uses[part] > 1 for part in found)]
    if len(made) >= MIN_COMBINATIONS and len({part for name in made for part in joined[name]}) <= len(made):
        return made
    moving = _moving_parts(joined.values())
    recurring = [name for name, found in joined.items() if moving & set(found)]
    return recurring if len(moving) > 1 and 3 * len(recurring) >= 2 * len(joined) else []


def _moving_parts(names: Iterable[Sequence[str]]) -> set[str]:
    """Return the parts that are in other places of several names, counted from the first and from the last part."""
    places: dict[str, tuple[set[int], set[int]]] = {}
    for found in names:
        for place, part in enumerate(found):
            first, last = places.setdefault(part, (set(), set()))
            first.add(place)
            last.add(len(found) - place)
    return {part for part, (first, last) in places.items() if len(first) > 1 and len(last) > 1}


def _composed_names(names: Sequence[str]) -> list[str]:
    """Return the names of which every part is a name by itself, as `a/b` beside `a` and `b`."""
    parts = {name: BETWEEN_NAMES.split(name) for name in names}
    return [name for name, found in parts.items() if len(found) > 1 and all(part in parts for part in found)]


def _shown(names: Sequence[str]) -> str:
    return shorten(list(map(repr, names)))
