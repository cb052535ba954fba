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
FOLDED = LATIN_LOOKALIKES | TYPOGRAPHY
# What is between the words of a name in other writings: hot_dog, hot-dog; of numbers it may be a sign or a range.
BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_])[-_](?=[^\W\d_])")
NUMBER = re.compile(r"0*(\d*)(?:\.(\d*?)0*)?")


def similar_names(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of names that people take for one."""
    groups = defaultdict[str, dict[str, None]](dict)
    for name in names:
        groups[_folded(name)][name] = None
    return [list(group) for group in groups.values() if len(group) > 1]


def mixed_names(names: Iterable[str]) -> list[str]:
    """Return the names with a word in which a few letters are of another alphabet, and look like the word's own."""
    return [name for name in names if any(map(_is_mixed, re.findall(r"[^\W\d_]+", name)))]


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", html.unescape(name).translate(FOLDED).casefold())
    letters = BETWEEN_WORDS.sub("", letters)
    plain = "".join(one for one in letters if not _is_dropped(one))
    number = NUMBER.fullmatch(plain) if plain.isascii() and any(map(str.isdigit, plain)) else None
    # Digits are compared as text: as numbers, two long ones may be one to a computer.
    return f"{number[1] or 0}.{number[2] or ''}" if number else plain


def _is_dropped(one: str) -> bool:
    hidden = (unicodedata.category(one) in HIDDEN and ord(one) not in TAGS) or ord(one) in VARIATIONS
    return hidden or unicodedata.combining(one) > 0 or one.isspace()


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
