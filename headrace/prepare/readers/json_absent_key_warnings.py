"""Find records of JSON without a key that is read, which may be written differently in some of them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from headrace.config.base_section import strip_backticks
from headrace.prepare.readers.json_decoding import value_at
from headrace.prepare.readers.json_reader import JsonReader
from headrace.wording import join_names

# Many programs leave out the keys of a few missing values.
NOTABLE_SHARE = 0.1
ABSENT = object()


class AbsentKey(NamedTuple):
    """Records of one file without a key.

    Attributes:
        place: the first of them, such as `line 7`.
        others: keys that differ from it only in case or white space, in the records without it.
    """

    records: int
    place: str
    others: tuple[str, ...]


class JsonDiagnostics(NamedTuple):
    """The findings in one file.

    Attributes:
        name: of the file in messages.
        records: number of records that can be read.
        absent: of each key that some of them lack.
    """

    name: str
    records: int
    absent: Mapping[str, AbsentKey]


def diagnose_json(reader: object, name: str) -> list[JsonDiagnostics]:
    """Return the findings of a reader; none if it reads another format."""
    if not isinstance(reader, JsonReader):
        return []
    keys = {one: strip_backticks(one) for one in reader.wanted}
    # As JSON writes them; a line with all of them needs no parsing.
    quoted = [json.dumps(part, ensure_ascii=False) for key in keys.values() for part in key.split(".")]
    records, absent = 0, dict[str, AbsentKey]()
    for number, value in reader.objects(lambda line: all(one in line for one in quoted)):
        records += 1
        for wanted, key in keys.items() if value is not None else ():
            if value is not None and _lacks(value, key):
                before = absent.get(wanted, AbsentKey(0, f"{reader.unit} {number}", ()))
                others = dict.fromkeys((*before.others, *_similar_keys(value, key)))
                absent[wanted] = AbsentKey(before.records + 1, before.place, tuple(others))
    return [JsonDiagnostics(name, records, absent)]


def absent_key_warnings(found: Iterable[JsonDiagnostics]) -> list[str]:
    """Return warnings about keys that a notable part of the records of all files lacks, or has in another case."""
    listed = list(found)
    records = sum(one.records for one in listed)
    warnings = []
    for key in dict.fromkeys(key for one in listed for key in one.absent):
        lacking = [(one.name, one.absent[key]) for one in listed if key in one.absent]
        number = sum(absent.records for _, absent in lacking)
        others = list(dict.fromkeys(map(repr, (other for _, absent in lacking for other in absent.others))))
        if number < NOTABLE_SHARE * records and not others:
            continue
        name, first = lacking[0]
        hint = f"; {join_names(others)} in them is another key, and not read" if others else ""
        warnings.append(
            f"The key {key!r} is absent in {number:,} of {records:,} records, such as {first.place} of {name}, and "
            f"counts as a missing value there{hint}."
        )
    return warnings


def _lacks(value: Mapping[str, Any], key: str) -> bool:
    """Return whether an object has no such key; one within a field that is null counts as null."""
    parts = key.split(".")
    heads = (".".join(parts[:number]) for number in range(1, len(parts)))
    return value_at(value, key, ABSENT) is ABSENT and all(value_at(value, head, ABSENT) is not None for head in heads)


def _similar_keys(value: Mapping[str, Any], key: str) -> list[str]:
    """Return the keys that differ from an absent one only in case or white space around it."""
    found = [one for one in value if one.strip().casefold() == key.strip().casefold()]
    head, dot, rest = key.partition(".")
    inner = value.get(head) if dot else None
    return found or ([f"{head}.{one}" for one in _similar_keys(inner, rest)] if isinstance(inner, Mapping) else [])
