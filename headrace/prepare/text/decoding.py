"""Decode the bytes of a text."""

from headrace.config.configuration_model import Text
from headrace.prepare.encoders.file_signatures import name_binary, name_format, name_image
from headrace.prepare.readers.text_stream import encoding_from_mark, other_mark
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError


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
        raise RejectedRecordError(
            Reason.NOT_TEXT, f"{detail}; remove prepare.text.encoding, or save the text without the mark"
        )
    encoding = spec.encoding or encoding_from_mark(data) or "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        raise RejectedRecordError(Reason.NOT_TEXT, _undecodable(data, encoding, error)) from None
    if "\0" in text and (name := name_binary(data)) is not None:
        raise RejectedRecordError(Reason.NOT_TEXT, f"the format is {name}; expected plain text")
    refuse_nul(text)
    return text


def _undecodable(data: bytes, encoding: str, error: UnicodeError) -> str:
    """Return why bytes cannot be decoded, and what to do."""
    name = name_image(data) or name_format(data)
    if name is not None:
        return f"the format is {name}; expected plain text"
    remedy = (
        "name its encoding, such as latin-1 (prepare.text.encoding, or --option encoding for a file of many texts), or "
        "save it as UTF-8"
    )
    if isinstance(error, UnicodeDecodeError):
        found = f"byte 0x{data[error.start]:02x} at position {error.start}"
        return f"{found} is not {encoding.upper()} ({error.reason}); {remedy}"
    return f"the text is not {encoding.upper()} ({error}); {remedy}"


def refuse_nul(text: str) -> None:
    """Raise `RejectedRecordError` if the text has a NUL character."""
    if "\0" in text:
        raise RejectedRecordError(Reason.NOT_TEXT, f"a NUL character at position {text.index(chr(0))}")
