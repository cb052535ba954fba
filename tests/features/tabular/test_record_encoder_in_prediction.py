"""Rows are prepared for a prediction as for training, and how their numbers are written is noted."""

import json

from headrace.config.configuration_model import Prepare
from headrace.features.tabular.record_encoder_in_prediction import make_preparer
from headrace.features.tabular.record_encoder_in_preparation import make_encoder
from headrace.prepare.sources.raw_file_and_record import RawRecord


def test_points_that_may_part_thousands_are_noted() -> None:
    preparer = make_preparer(Prepare(input="tabular", tabular={"numbers": ["price"]}))
    for price in ("1.200", "2.350", "700", "800"):
        preparer.prepare(json.dumps({"price": price}), "rows.csv:2")
    (warning,) = preparer.take_observations().warnings(None)
    assert warning.startswith("The numbers of 'price' may have points between thousands")


def test_rows_without_any_value_are_noted_in_preparation_and_prediction() -> None:
    """A prediction from means alone is not what its reader expects."""
    settings = Prepare(input="tabular", tabular={"numbers": ["price"], "categories": ["shop"], "missing": "mean"})
    preparer, encoder = make_preparer(settings), make_encoder(settings)
    for number, cells in enumerate(({"price": "1", "shop": None}, {"price": None, "shop": " "}, dict.fromkeys("ab"))):
        row = json.dumps({"price": None, "shop": None} | cells)
        preparer.prepare(row, f"rows.csv:{number}")
        encoder.row(RawRecord("rows.csv/1f", "a", None, row, reject_path=f"rows.csv/line {number}"))
    for noted, path in ((preparer, "rows.csv:1"), (encoder, "rows.csv/line 1")):
        (warning,) = noted.take_observations().warnings(None)
        assert warning.startswith("2 rows have no value in any column")
        assert warning.endswith(f"such as {path!r}.")
