"""Records become rows of the first stage, or are rejected."""

import pytest

from headrace.config.configuration import Prepare, Text
from headrace.features.text.storage_encoding import clean_text
from headrace.prepare.encoders.input_encoding_interface import encoder_for
from headrace.prepare.rejects.rejection_reasons import Reason, RejectedRecordError
from headrace.prepare.sources.raw_record_types import RawRecord


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


def test_texts_with_doubtful_tags_are_counted_for_one_warning() -> None:
    encoder = encoder_for(Prepare(input="text"))
    for number, text in enumerate(("a<b and c>d", "<b>clear</b>", "if a<b>c")):
        encoder.row(RawRecord(f"t.csv/{number}", "x", None, text, None))
    (warning,) = encoder.take_observations().warnings(None)
    assert warning.startswith("2 texts have what may or may not be a tag of HTML, such as '<b and c>' in 't.csv/0'")
    assert encoder.take_observations().warnings(None) == []
