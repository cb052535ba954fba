"""Clean texts; independent of Spark."""

import re
import unicodedata
from functools import lru_cache

import ftfy

from headrace.config.configuration_model import Text
from headrace.prepare.text.decoding import refuse_nul
from headrace.prepare.text.html_removal import remove_html
from headrace.prepare.text.invisible_characters import drop_invisible
from headrace.prepare.text.length_and_script_checks import check_length_and_script
from headrace.prepare.text.personal_data_masks import mask

STOP_WORDS = """
a about above after again against all am an and any are as at be because been before being below between both
but by can could did do does doing down during each few for from further had has have having he her here hers
herself him himself his how i if in into is it its itself just me more most my myself no nor not now of off on
once only or other our ours ourselves out over own same she should so some such than that the their theirs them
themselves then there these they this those through to too under until up very was we were what when where
which while who whom why will with would you your yours yourself yourselves
"""
ENGLISH = frozenset(STOP_WORDS.split())
CONTROL_SPACE = re.compile(r"[\x0b\x0c\x1c-\x1f]")
# The categories Cc and Cs of Unicode.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str, spec: Text, doubtful: list[str] | None = None) -> str:
    """Return `text` cleaned according to `spec`, in one line.

    Args:
        doubtful: receives what may or may not be a tag of HTML, see `remove_html`.

    Raises:
        RejectedRecordError: the text has a NUL character, or the clean text is empty, too short, too long, has too few
            letters, or is in another script.
    """
    refuse_nul(text)
    if spec.repair:
        text = "\n".join(map(_repair_line, text.split("\n")))
    text = unicodedata.normalize("NFC", text)
    if spec.html == "remove":
        text = remove_html(text, doubtful)
    text = drop_invisible(CONTROL.sub(" ", text))
    if spec.fold_case:
        text = text.casefold()
    text = mask(text, spec.mask)
    # After folding and decoding of HTML entities, text may no longer be in its normal form.
    words = unicodedata.normalize("NFC", text).split()
    if spec.stop_words != "keep":
        dropped_words = _stop_words(spec.stop_words)
        words = [word for word in words if word.strip(".,;:!?\"'()").casefold() not in dropped_words]
    text = " ".join(words)
    check_length_and_script(text, spec)
    return text


def _repair_line(line: str) -> str:
    # ftfy removes these, and words that one separates would become one: U+000B is a line break of Excel's.
    line = CONTROL_SPACE.sub(" ", line)
    # ftfy takes 12 microseconds a line, also where there is nothing to repair: two minutes for 10 MB of line breaks.
    plain = line.isascii() and line.replace("\t", " ").rstrip("\r").isprintable()
    return line if plain else ftfy.fix_text(line, unescape_html=False)


@lru_cache
def _stop_words(stop_words: str | tuple[str, ...]) -> frozenset[str]:
    return ENGLISH if isinstance(stop_words, str) else frozenset(word.casefold() for word in stop_words)
