"""A record holds what each of its inputs is stored as, and a bad input rejects it with its name."""

import json
from typing import Any

import numpy as np
import pytest

from headrace.config.configuration_model import Prepare
from headrace.features.several_inputs.record_encoder_in_preparation import SeveralInputsEncoder
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord

INPUTS: dict[str, Any] = {
    "where": {"kind": "geo", "latitude": "lat", "longitude": "lon"},
    "meaning": {"kind": "vector", "column": "embedding", "size": 2, "missing": "empty"},
    "title": {"kind": "text", "column": "title"},
}
ENCODER = SeveralInputsEncoder(Prepare.model_validate({"inputs": INPUTS}))


def row(**cells: str | None) -> dict[str, Any]:
    """Encode a record; `cells` replace those of a good one."""
    good = {"lat": "0", "lon": "90", "embedding": "[0.5, -1]", "title": "a tower"}
    return ENCODER.row(RawRecord("a.csv", "x", None, json.dumps(good | cells)))


def test_inputs_are_columns_of_their_names() -> None:
    found = row()
    assert np.frombuffer(found["where"], "<f4") == pytest.approx([0, 1, 1, 0], abs=1e-6)
    assert np.frombuffer(found["meaning"], "<f4").tolist() == [0.5, -1.0]
    assert found["title"] == "a tower"
    assert set(found) <= set(ENCODER.columns)


def test_missing_vector_is_zeros_where_it_may_be() -> None:
    assert np.frombuffer(row(embedding=None)["meaning"], "<f4").tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("cells", "detail"),
    [
        ({"lat": "95"}, "where: lat is 95, and a latitude is -90 to 90 degrees"),
        ({"embedding": "[1]"}, "meaning: embedding has 1 numbers, and `size` is 2"),
        ({"title": " "}, "title: the column title is empty"),
    ],
)
def test_bad_input_rejects_the_record_with_its_name(cells: dict[str, str], detail: str) -> None:
    with pytest.raises(RejectedRecordError, match=detail):
        row(**cells)


def test_records_of_other_places_or_vectors_have_other_hashes() -> None:
    hashes = {one["content_hash"] for one in (row(), row(lat="1"), row(embedding="[0.5, 1]"), row(title="two towers"))}
    assert len(hashes) == 4
    assert row()["content_hash"] == row(lat="0.0")["content_hash"]


def test_equal_records_with_different_labels_have_one_hash() -> None:
    """Alone, rows of cells count as equal only if their labels are; beside another input they do not."""
    inputs = {"title": INPUTS["title"], "costs": {"kind": "tabular", "numbers": ["price"]}}
    encoder = SeveralInputsEncoder(Prepare.model_validate({"inputs": inputs}))

    def content(label: str, price: str) -> str:
        cells = json.dumps({"title": "a tower", "price": price})
        return str(encoder.row(RawRecord("a.csv", label, None, cells))["content_hash"])

    assert content("x", "1.5") == content("y", "1.5")
    assert content("x", "1.5") != content("x", "2.5")
