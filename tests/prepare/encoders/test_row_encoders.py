"""Records become rows of the first stage, or are rejected."""

import pytest

from headrace.config.configuration import Text
from headrace.prepare.encoders.row_encoders import clean_text
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"{\\rtf1\\ansi hello}", "RTF"), (b"%PDF-1.7\n1 0 obj", "PDF"), (b"PK\3\4word/document.xml", "zip or an office")],
)
def test_documents_are_no_texts_even_if_their_bytes_are(data: bytes, name: str) -> None:
    """Otherwise the vocabulary learns their markup."""
    with pytest.raises(RejectedRecordError, match=f"the format is {name}") as rejected:
        clean_text(data, Text(min_length=1))
    assert rejected.value.reason is Reason.NOT_TEXT
    assert clean_text(data.decode(), Text(min_length=1))
