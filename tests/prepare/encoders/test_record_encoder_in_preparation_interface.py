"""Records become rows of the first stage, or are rejected."""

import base64
import re

import pytest

from headrace.config.configuration_model import Prepare, Text
from headrace.features.text.record_encoder_in_preparation import clean_text
from headrace.prepare.encoders.record_encoder_in_preparation_interface import encoder_for
from headrace.prepare.readers.cell_to_text import decode_text_cell
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord


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


@pytest.mark.parametrize(
    ("data", "name"), [(b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff\xe0", "JPEG"), (b"%PDF-1.7", "PDF")]
)
def test_files_in_base64_are_no_texts(data: bytes, name: str) -> None:
    encoded = base64.b64encode(data + bytes(60)).decode()
    for text in (encoded, f"data:application/octet-stream;base64,{encoded}", encoded.encode()):
        with pytest.raises(RejectedRecordError, match=f"the text is a file in Base64, {name}") as rejected:
            clean_text(text, Text(min_length=1))
        assert rejected.value.reason is Reason.NOT_TEXT
    assert clean_text("QUJD" * 40, Text(min_length=1))


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"%PDF-1.7\n1 0 obj", "the cell of review holds a file in the format PDF; expected text"),
        (b"\x89PNG\r\n", "the cell of review holds a file in the format PNG (prepare.input: image reads it)"),
        (b"\x1f\x8b\x08", "the cell of review holds a file in the format gzip"),
        (b"caf\xe9", "the cell of review holds bytes that are not UTF-8: b'\\xe9'"),
    ],
)
def test_bytes_of_a_file_in_a_cell_of_text_are_rejected_with_their_format(data: bytes, detail: str) -> None:
    with pytest.raises(RejectedRecordError, match=re.escape(detail)) as rejected:
        decode_text_cell(data, "the cell of review")
    assert rejected.value.reason is Reason.NOT_TEXT


def test_texts_with_doubtful_tags_are_counted_for_one_warning() -> None:
    encoder = encoder_for(Prepare(input="text"))
    for number, text in enumerate(("a<b and c>d", "<b>clear</b>", "if a<b>c")):
        encoder.row(RawRecord(f"t.csv/{number}", "x", None, text, None))
    (warning,) = encoder.take_observations().warnings(None)
    assert warning.startswith("2 texts have what may or may not be a tag of HTML, such as '<b and c>' in 't.csv/0'")
    assert encoder.take_observations().warnings(None) == []
