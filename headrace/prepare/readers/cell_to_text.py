"""Convert a cell of any type to text."""

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from headrace.prepare.encoders.file_signatures import name_document, name_format, name_image
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError


def decode_text_cell(value: Any, name: str) -> str | None:
    """Return a cell that must be text, as `cell_to_text` does.

    Args:
        name: what the cell is called in a message.

    Raises:
        RejectedRecordError: the cell holds bytes that are not UTF-8, or are those of a document such as a PDF.
    """
    if not isinstance(value, bytes):
        return cell_to_text(value)
    if document := name_document(value):
        raise RejectedRecordError(Reason.NOT_TEXT, f"{name} holds a file in the format {document}; expected text")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        found = name_image(value) or name_format(value)
        problem = f"a file in the format {found}" if found else "bytes that are not UTF-8"
        detail = f"{name} holds {problem}: {value[error.start : error.start + 8]!r}"
        raise RejectedRecordError(Reason.NOT_TEXT, detail) from None


def cell_to_text(value: Any) -> str | None:
    """Return a cell as text; None if it is missing.

    Whole numbers have no decimal point, whatever their type, so that a column of integers, which pandas turns into
    floats as soon as one cell is missing, keeps its texts, and decimals have no zeros at their end. Lists and objects
    become JSON, times ISO 8601 in UTC.
    """
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            if math.isnan(value):
                return None
            return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        case Decimal():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case datetime():
            return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(" ")
        case list() | dict() | tuple():
            return json.dumps(value, ensure_ascii=False, default=cell_to_text)
    return str(value)
