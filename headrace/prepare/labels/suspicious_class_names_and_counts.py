"""Detect labels that look like mistakes before anything is written."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from headrace.errors import DataError
from headrace.prepare.encoders.number_notation_and_float32_warnings import parse_float32
from headrace.prepare.labels.similar_names import mixed_names, similar_names
from headrace.prepare.labels.spreadsheet_damage import spreadsheet_changes
from headrace.prepare.labels.unsplit_label_warnings import list_names, multi_label_warnings
from headrace.wording import shorten

# Fewer rows than this are too few to judge the distribution of labels.
MIN_ROWS = 20
# From this many classes of one row each on, the column may not be the one of the labels.
MANY_SINGLE_CLASSES = 24
LARGEST_SHARE = 0.999
# Groups of similar items that are named.
MAX_SIMILAR_ITEMS = 3
# Missing values in many exports, and real classes in others: `none` for no finding, `NA` for Namibia.
OFTEN_MISSING = frozenset(("na", "n/a", "none", "missing", "?"))
# What Excel shows for a formula that failed.
EXCEL_ERRORS = frozenset(("#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!"))
BOOLEAN_NAMES, BITS = frozenset(("true", "false")), frozenset(("0", "1"))
# Spellings of boolean values: one word is enough; of letters, which may also be those of bases, both.
BOOLEAN_WORDS, BOOLEAN_LETTERS = (BOOLEAN_NAMES, frozenset(("yes", "no")), BITS), (frozenset("yn"), frozenset("tf"))
# A whole number as pandas writes it in a column with missing cells.
WHOLE_FLOAT = re.compile(r"-?\d+\.0")
# What spreadsheets write so that a number stays a text.
FORMULA = re.compile(r'="(.*)"', re.DOTALL)
# How each kind of source says that a label is missing; the name of a folder or of a class in a data set is never
# missing.
HOW_TO_LEAVE_OUT = {
    "table": "leave its cell empty, or, in CSV, name it as data.source.options.nullValue",
    "petastorm": "leave its cell empty",
    "labels_file": "leave the label empty in the labels file",
    "archive": "leave it out of the .cls or .json file",
}


def label_warnings(
    rows: Mapping[str, int],
    known: Iterable[str] = (),
    kind: str = "table",
    separator: str | None = None,
    *,
    has_items: bool = False,
) -> list[str]:
    """Return warnings about labels that look like a mistake.

    Args:
        rows: rows by class name, of those that are to be prepared.
        known: classes of the table's previous version.
        kind: kind of the source, `labels_file` of a folder with one.
        separator: what is between the names of one record; None if a record has one.
        has_items: whether the classes are items, of which many have one row.
    """
    one, several, another = (
        ("an item", "items", "another item") if has_items else ("a class", "classes", "another class")
    )
    similar = similar_names((*known, *rows))
    warnings = [
        f"The {several} {_names(group)} differ only in case, white space, accents, hyphens, quotes, leading zeros, "
        "signs and exponents of one number, HTML entities or characters that cannot be seen; if they are one, give "
        "them one name with data.source.class_names."
        for group in (similar[:MAX_SIMILAR_ITEMS] if has_items else similar)
    ]
    if has_items and len(similar) > MAX_SIMILAR_ITEMS:
        warnings.append(f"{len(similar) - MAX_SIMILAR_ITEMS:,} more groups of items differ only in these ways.")
    warnings += _boolean_warnings((*known, *rows), several=separator is not None)
    mixed = mixed_names(rows)
    if mixed:
        warnings.append(
            f"The {several} {_names(mixed)} have letters of two alphabets in one word, which look alike "
            f"({', '.join(map(ascii, mixed[:5]))}); correct the labels, or rename the {several} with "
            "data.source.class_names."
        )
    quoted = [name for name in rows if len(name) > 2 and name[0] == name[-1] and name[0] in "\"'"]
    if quoted:
        warnings.append(
            f"The {several} {_names(quoted)} have quotes around their names; if those are of the file's format, set "
            "its reader's options, such as data.source.options.quote or ignoreLeadingWhiteSpace of CSV."
        )
    formulas = [name for name in rows if FORMULA.fullmatch(name)]
    if formulas:
        warnings.append(
            f"The {several} {_names(formulas)} are formulas of a spreadsheet, and used with their signs; write their "
            "values, or rename them with data.source.class_names."
        )
    warnings += [
        f"The {several} {_names(names)} may be {change}; correct the labels, or rename them with "
        "data.source.class_names."
        for change, names in spreadsheet_changes((*known, *rows)).items()
    ]
    if separator is not None:
        warnings += multi_label_warnings(list(known), list(rows), separator)
    elif lists := list_names(rows):
        warnings.append(
            f"The {several} {_names(lists)} look like lists or objects; lists of names need prepare.task: multi_label."
        )
    whole = [name for name in rows if WHOLE_FLOAT.fullmatch(name)]
    if whole and all(name in whole or name.casefold() in OFTEN_MISSING for name in rows):
        warnings.append(
            f"The {several} {_names(whole)} are whole numbers with a zero after the point, as pandas writes them where "
            f"a label is missing; {whole[0]!r} is {another} than {whole[0].removesuffix('.0')!r}, as Parquet, JSON "
            "and other files may have it. Rename them with data.source.class_names, or write whole numbers."
        )
    missing = [name for name in rows if name.casefold() in OFTEN_MISSING | EXCEL_ERRORS]
    if missing and kind in HOW_TO_LEAVE_OUT:
        used = f"is used as {one}" if len(missing) == 1 else f"are used as {several}"
        warnings.append(f"{_names(missing)} {used}; if it marks missing labels, {HOW_TO_LEAVE_OUT[kind]}.")
    if set(known) or has_items:
        return warnings
    total, single = sum(rows.values()), [name for name, count in rows.items() if count == 1]
    if len(single) >= MANY_SINGLE_CLASSES:
        hint = " Numbers to predict need prepare.task: regression." if are_numbers_to_predict(rows) else ""
        warnings.append(
            f"{len(single)} of {len(rows)} classes have one record each, such as {_names(single)}; is "
            f"data.source.columns.label the column of the labels?{hint}"
        )
    elif single:
        verb = "class {} has one record" if len(single) == 1 else "classes {} have one record each"
        warnings.append(f"The {verb.format(_names(single))}; no model can learn from it and be tested on it.")
    largest = max(rows, key=lambda name: rows[name], default="")
    if total >= MIN_ROWS and len(rows) > 1 and rows[largest] / total >= LARGEST_SHARE:
        warnings.append(
            f"{rows[largest]} of {total} records are of the class {largest!r}; always predicting it is right "
            f"in {rows[largest] / total:.2%}."
        )
    return warnings


def are_numbers_to_predict(rows: Mapping[str, int]) -> bool:
    """Return whether many classes have one record each, and all of these are numbers."""
    single = [name for name, count in rows.items() if count == 1]
    return len(single) >= MANY_SINGLE_CLASSES and all(map(is_number, single))


def is_number(name: str) -> bool:
    """Return whether `prepare` reads a label as a finite number."""
    return math.isfinite(parse_float32(name))


def _boolean_warnings(names: Sequence[str], *, several: bool) -> list[str]:
    """Return a warning about labels that are vectors of boolean values, or boolean values in two spellings."""
    found = [name for name in dict.fromkeys(names) if name.casefold() in BOOLEAN_NAMES | BITS]
    folded = {name.casefold() for name in names}
    if several and folded and folded <= BOOLEAN_NAMES | BITS:
        return [
            f"The only classes are {_names(found)}. If the labels are vectors with a place for each class, such as "
            "[1, 0, 0], they are not understood: list the names of each record's classes instead, such as [cat, dog]."
        ]
    if mixed := mixed_boolean_names(names):
        return [
            f"The classes {_names(mixed)} are truth values in several spellings; if some mean the same, give them one "
            "name with data.source.class_names."
        ]
    return []


def mixed_boolean_names(names: Iterable[str]) -> list[str]:
    """Return the names that are boolean values, if they are spelled in several ways: 0 and 1, False and True."""
    listed = list(dict.fromkeys(names))
    folded = {name.casefold() for name in listed}
    letters = {one for one in folded if len(one) == 1 and one.isalpha()}
    # Beside other letters, these are of an alphabet.
    of_letters = (
        [one for one in BOOLEAN_LETTERS if folded >= one] if letters <= frozenset().union(*BOOLEAN_LETTERS) else []
    )
    spellings = [one for one in BOOLEAN_WORDS if folded & one] + of_letters
    return [name for name in listed if any(name.casefold() in one for one in spellings)] if len(spellings) > 1 else []


def require_repeated(rows: Mapping[str, int], source: str, noun: str = "class") -> None:
    """Raise if every record has its own class.

    Args:
        noun: what a class is called.

    Raises:
        DataError: every record has its own class.
    """
    total = sum(rows.values())
    if total >= MIN_ROWS and len(rows) == total:
        raise DataError(
            f"Each of the {total} records of {source} has its own {noun}, such as {_names(list(rows))}; "
            "expected several records of each. Name another column as data.source.columns.label; if labels are numbers "
            "to predict, set prepare.task to regression."
        )


def _names(names: list[str]) -> str:
    return shorten(list(map(repr, names)))
