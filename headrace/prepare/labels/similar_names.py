"""Find class names that differ only in case, spacing, quotes or lookalike letters."""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

# Letters that look like those of the Latin alphabet in common fonts.
CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТХУԚԜаеѕіјорсхуһԁԛԝ", "ABESIJKMHOPCTXYQWaesijopcxyhdqw", strict=True))
GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True))
LATIN_LOOKALIKES = str.maketrans(CYRILLIC | GREEK)
LOOKALIKES = {"CYRILLIC": CYRILLIC, "GREEK": GREEK}
# Invisible characters, but for those that tell flags from each other, and what chooses how a symbol is drawn.
HIDDEN, TAGS, VARIATIONS = ("Cc", "Cf"), range(0xE0020, 0xE0080), range(0xFE00, 0xFE10)
# What word processors write for the quotes, apostrophes and hyphens of keyboards.
TYPOGRAPHY = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-")
)
CANONICAL_LETTERS = LATIN_LOOKALIKES | TYPOGRAPHY
# Separators of the words of a name in other spellings: hot_dog, hot-dog; of numbers it may be a sign or a range.
BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_])[-_](?=[^\W\d_])")
NUMBER = re.compile(r"([-+]?)0*(\d*)(?:\.(\d*?)0*)?")
# A number with an exponent; with zeros before it, it may be a code in hexadecimal digits.
SCIENTIFIC = re.compile(r"([-+]?)([1-9]\d*)(?:\.(\d*))?e([-+]?\d{1,2})")


def similar_names(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of names that are probably spellings of one name."""
    groups = defaultdict[str, dict[str, None]](dict)
    for name in names:
        groups[_folded(name)][name] = None
    return [list(group) for group in groups.values() if len(group) > 1]


def mixed_names(names: Iterable[str]) -> list[str]:
    """Return the names with a word in which a few letters are of another alphabet, and look like the word's own."""
    return [name for name in names if any(map(_is_mixed, re.findall(r"[^\W\d_]+", name)))]


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", html.unescape(name).translate(CANONICAL_LETTERS).casefold())
    letters = BETWEEN_WORDS.sub("", letters)
    plain = "".join(one for one in letters if not _is_ignored_character(one))
    return (_number(plain) if plain.isascii() and any(map(str.isdigit, plain)) else None) or plain


def _number(text: str) -> str | None:
    """Return one text for all notations of a number; None if the text is no number.

    Digits are compared as text: two long numbers may be equal as floats.
    """
    if found := SCIENTIFIC.fullmatch(text):
        text = _positional(*found.groups(""))
    number = NUMBER.fullmatch(text)
    if number is None:
        return None
    whole, decimals = number[2] or "0", number[3] or ""
    sign = "-" if number[1] == "-" and (whole, decimals) != ("0", "") else ""
    return f"{sign}{whole}.{decimals}"


def _positional(sign: str, whole: str, decimals: str, exponent: str) -> str:
    """Return a number without its exponent."""
    digits, point = whole + decimals, len(whole) + int(exponent)
    digits = digits.rjust(len(digits) - point, "0") if point < 0 else digits.ljust(point, "0")
    point = max(point, 0)
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _is_ignored_character(character: str) -> bool:
    code = ord(character)
    hidden = (unicodedata.category(character) in HIDDEN and code not in TAGS) or code in VARIATIONS
    return hidden or unicodedata.combining(character) > 0 or character.isspace()


def _is_mixed(word: str) -> bool:
    latin = [one for one in word if unicodedata.name(one, "").startswith("LATIN")]
    for alphabet, lookalikes in LOOKALIKES.items():
        others = [one for one in word if unicodedata.name(one, "").startswith(alphabet)]
        if not latin or not others:
            continue
        fewer, known = (others, lookalikes.keys()) if len(others) <= len(latin) else (latin, lookalikes.values())
        if all(one in known for one in fewer):
            return True
    return False
