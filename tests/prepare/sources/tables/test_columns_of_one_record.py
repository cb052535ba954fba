"""The cells of a row become JSON text, or are refused with what is expected in their place."""

import json
from typing import Any

import pytest

from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.tables.columns_of_one_record import Cells, write_cells

CELLS = Cells(("photo", "price", "place"), binary=frozenset(["photo"]), lists=frozenset(["place"]))


def test_bytes_become_base64_and_lists_json() -> None:
    written = json.loads(write_cells({"photo": {"bytes": b"abc"}, "price": 1.5, "place": [1, 2]}, CELLS))
    assert written == {"photo": "YWJj", "price": "1.5", "place": "[1, 2]"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"photo": "a.png"}, "the cell of photo is 'a.png'; expected the content of a file as bytes, not its name"),
        ({"price": [1, 2]}, "the cell of price is not one value but "),
        ({"price": {"a": 1}}, "the cell of price is not one value but "),
    ],
)
def test_cells_of_other_kinds_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RejectedRecordError, match=message):
        write_cells(values, CELLS)
