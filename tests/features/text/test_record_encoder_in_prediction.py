"""Raw texts are prepared for a prediction as for training, and what is found in them is noted."""

import pytest

from headrace.config.configuration_model import Prepare
from headrace.features.text.record_encoder_in_prediction import make_preparer
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError


def test_doubtful_markup_is_noted_with_the_path_of_the_text() -> None:
    preparer = make_preparer(Prepare(input="text"))
    preparer.prepare("plain", "rows.csv:2")
    assert preparer.prepare("it is <b and c> good", "rows.csv:3")
    (warning,) = preparer.take_observations().warnings(None)
    assert warning.startswith("1 text has what may or may not be a tag of HTML, such as '<b and c>' in 'rows.csv:3'")
    assert preparer.take_observations().warnings(None) == []


def test_document_is_rejected() -> None:
    with pytest.raises(RejectedRecordError) as rejection:
        make_preparer(Prepare(input="text")).prepare(b"%PDF-1.7 obj", "a.txt")
    assert rejection.value.reason == Reason.NOT_TEXT
