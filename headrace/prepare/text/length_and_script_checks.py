"""Reject texts by length, by their share of letters, and by script."""

import unicodedata
from functools import lru_cache

from headrace.config.configuration_model import Text
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import quantity


def check_length_and_script(text: str, spec: Text) -> None:
    """Raise `RejectedRecordError` if a clean text is empty, too short or long, has few letters or another script."""
    if not text:
        raise RejectedRecordError(Reason.EMPTY, "nothing is left after cleaning")
    length = quantity(len(text), "character")
    if len(text) < spec.min_length:
        raise RejectedRecordError(Reason.TOO_SHORT, f"{length}, the minimum is {spec.min_length}")
    if len(text) > spec.max_length:
        raise RejectedRecordError(Reason.TOO_LONG, f"{length}, the limit is {spec.max_length}")
    letters = [one for one in text if one.isalpha()]
    visible = len(text) - text.count(" ")
    if len(letters) < spec.min_letters * visible:
        detail = f"{len(letters) / visible:.0%} of the characters are letters, the minimum is {spec.min_letters:.0%}"
        raise RejectedRecordError(Reason.OTHER_LANGUAGE, detail)
    if spec.script is not None:
        in_script = sum(_script(one) == spec.script.upper() for one in letters)
        if not letters or in_script < spec.min_script * len(letters):
            share = in_script / max(1, len(letters))
            detail = f"{share:.0%} of the letters are {spec.script}, the minimum is {spec.min_script:.0%}"
            raise RejectedRecordError(Reason.OTHER_LANGUAGE, detail)


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """Return LATIN, GREEK, CYRILLIC ...: the first word of the letter's Unicode name."""
    return unicodedata.name(letter, "").split(" ")[0]
