"""Suggest how to write a text as a number."""

import re
import unicodedata
from datetime import datetime

# Numbers with a decimal comma, or with thousands apart: 0,5 and 1,234.5 and 1 234,5 and 1_234.
OTHER_SEPARATORS = re.compile(r"[-+]?\d+(?:[.,'_\s]\d+)+")
# Dashes that are written for the sign: the minus sign of typesetters, and others.
MINUS_SIGNS = re.compile("^\\s*[\u2212\u2010-\u2014\ufe63\uff0d]\\s*(?=[\\d.])")
# A number with a unit before or after it: $5, 5 kg, 5%.
WITH_UNIT = re.compile(
    r"(?=.{1,40}$)(?:[A-Z]{3}\s|[A-Z]{0,3}[$€£¥]\s?)?[-+]?\d+(?:[.,]\d+)*\s?(?:[%‰°$€£¥][^\W\d_]?|(?:[^\W\d_]|[/²³])*)?"
)


def number_hint(text: str, *, is_label: bool = False) -> str:
    """Return how to write a text as the number that it seems to be; empty if that is not known.

    Args:
        is_label: whether it is the label, so that another task may be meant.
    """
    if sign := MINUS_SIGNS.match(text):
        return f"; write its sign {sign[0].strip()!r} ({unicodedata.name(sign[0].strip()).lower()}) as a hyphen: -5"
    if OTHER_SEPARATORS.fullmatch(text):
        return "; write numbers with a decimal point and no other separator, such as 1234.5"
    if WITH_UNIT.fullmatch(text):
        return "; leave out the unit, and write all numbers in the same one"
    if text.lower() in ("true", "false"):
        return f"; write 1 and 0{', or set prepare.task to classification' if is_label else ''}"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return ""
    return "; it is a time: write a number, such as the days since the first one"
