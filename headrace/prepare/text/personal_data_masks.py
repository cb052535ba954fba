"""Replace personal data (e-mail addresses, phone numbers and others) with placeholders."""

import re
from collections.abc import Callable, Collection

IP_PART = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
IP6 = (
    r"::(?:[0-9A-Fa-f]{1,4}:){0,6}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|"
    r"(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}"
)
# Numbers of at least eight digits after a plus sign, which is no decimal number such as +1.23456789.
INTERNATIONAL = (
    r"(?=\+(?:[ ./()-]{0,3}\d){8})(?!\+\d+\.\d+(?![\d.]))"
    r"\+[1-9]\d{0,2}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?\d{1,5}(?:[ ./-]?\d{2,8}){1,4}"
)
# 030 1234567-12 and (800) 555-1234, and no number with its thousands apart, such as 12.345.678.
NATIONAL = (
    r"(?![1-9]\d([ .])\d{3}\1\d{3}(?!\d))(?:1[ .-])?"
    r"(?:\(\d{2,5}\)[ .-]?|0?\d{2,4}[ .-])\d{3,4}[ .-]?\d{3,4}(?:-\d{1,3})?"
)
# 030/1234567, as in Germany; months such as 07/2024 have two digits and four.
WITH_SLASH = r"\(?0\d{2,4}\)? ?/ ?\d(?:[ -]?\d){4,8}"
# 01 23 45 67 89, as in France.
PAIRS = r"0\d(?:[ .-]\d\d){4}"
# 555-1234, as in North America, where no local number begins with 0 or 1.
LOCAL = r"(?<![/$€£-])[2-9]\d\d-\d{4}"
# An address starts only where no character of an address precedes it: a pattern that starts again inside text it has
# just scanned without a match takes quadratic time.
PATTERNS = {
    "url": re.compile(r"\b(?P<scheme>https?://|ftp://|www\.)(?P<rest>[^\s<>\"]+)", re.IGNORECASE),
    "email": re.compile(r"(?<![\w.+-])(?P<before>[.+-]*+)\w[\w.+-]*+@[\w-]+(?:\.[\w-]+)+\b"),
    "ip": re.compile(rf"(?<![\w.:])(?:(?:{IP_PART}\.){{3}}{IP_PART}(?::\d{{1,5}})?|{IP6})(?![\w:]|\.\d)"),
    "phone": re.compile(
        rf"(?<![\w.])(?<!\d[-/])(?:{INTERNATIONAL}|{NATIONAL}|{WITH_SLASH}|{PAIRS}|{LOCAL})(?!\w|[./-]\d)"
    ),
}  # fmt: skip
BRACKETS = {")": "(", "]": "[", "}": "{"}


def mask(text: str, kinds: Collection[str]) -> str:
    """Return `text` with placeholders such as `[URL]` for what the masks `kinds` find."""
    # A mask comes before those that could match a part of it.
    for kind, pattern in PATTERNS.items():
        if kind in kinds:
            text = pattern.sub(REPLACEMENTS[kind], text)
    return text


def _mask_url(found: re.Match[str]) -> str:
    """Return the placeholder, and what follows the address: punctuation, and brackets that were opened before it."""
    rest = found["rest"]
    surplus = {close: rest.count(close) - rest.count(opening) for close, opening in BRACKETS.items()}
    end = len(rest)
    while end and (rest[end - 1] in ".,;:!?'" or surplus.get(rest[end - 1], 0) > 0):
        end -= 1
        if rest[end] in surplus:
            surplus[rest[end]] -= 1
    return f"[URL]{rest[end:]}" if end else found[0]


REPLACEMENTS: dict[str, str | Callable[[re.Match[str]], str]] = {
    **{"url": _mask_url, "email": r"\g<before>[EMAIL]"},
    **{"ip": "[IP]", "phone": "[PHONE]"},
}
