"""Decode and clean texts; independent of Spark."""

import re
import unicodedata
from functools import lru_cache

import ftfy

from headrace.config.configuration import Text
from headrace.prepare.encoders.file_signatures import name_binary, name_format, name_image
from headrace.prepare.readers.text_stream import encoding_from_mark, other_mark
from headrace.prepare.rejects.rejection_reasons import Reason, RejectedRecordError
from headrace.prepare.text.html_removal import remove_html
from headrace.prepare.text.invisible_characters import drop_invisible
from headrace.prepare.text.personal_data_masks import mask
from headrace.wording import quantity

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


def decode_text(data: bytes, spec: Text) -> str:
    """Return the characters of a text file.

    Raises:
        RejectedRecordError: `data` is empty, too large, or not text.
    """
    if not data:
        raise RejectedRecordError(Reason.EMPTY, "the file has no bytes")
    if len(data) > spec.max_bytes:
        raise RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {spec.max_bytes}")
    if mark := other_mark(data, spec.encoding):
        detail = f"the text begins with the byte order mark of {mark}, and prepare.text.encoding is {spec.encoding}"
        raise RejectedRecordError(Reason.NOT_TEXT, f"{detail}; leave it out, or save the text in it without the mark")
    encoding = spec.encoding or encoding_from_mark(data) or "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        raise RejectedRecordError(Reason.NOT_TEXT, _undecodable(data, encoding, error)) from None
    if "\0" in text and (name := name_binary(data)) is not None:
        raise RejectedRecordError(Reason.NOT_TEXT, f"the format is {name}; expected plain text")
    _refuse_nul(text)
    return text


def _undecodable(data: bytes, encoding: str, error: UnicodeError) -> str:
    """Return why bytes cannot be decoded, and what to do."""
    name = name_image(data) or name_format(data)
    if name is not None:
        return f"the format is {name}; expected plain text"
    remedy = "set prepare.text.encoding to that of the text, such as latin-1, or save it as UTF-8"
    if isinstance(error, UnicodeDecodeError):
        found = f"byte 0x{data[error.start]:02x} at position {error.start}"
        return f"{found} is not {encoding.upper()} ({error.reason}); {remedy}"
    return f"the text is not {encoding.upper()} ({error}); {remedy}"


def _refuse_nul(text: str) -> None:
    if "\0" in text:
        raise RejectedRecordError(Reason.NOT_TEXT, f"a NUL character at position {text.index(chr(0))}")


def clean(text: str, spec: Text, doubtful: list[str] | None = None) -> str:
    """Return `text` cleaned according to `spec`, in one line.

    Args:
        doubtful: receives what may or may not be a tag of HTML, see `remove_html`.

    Raises:
        RejectedRecordError: the text has a NUL character, or the clean text is empty, too short, too long, has too few
            letters, or is in another script.
    """
    _refuse_nul(text)
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
    _check(text, spec)
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


def _check(text: str, spec: Text) -> None:
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
