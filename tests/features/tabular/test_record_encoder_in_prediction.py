"""Rows are prepared for a prediction as for training, and how their numbers are written is noted."""

import json

from headrace.config.configuration import Prepare
from headrace.features.tabular.record_encoder_in_prediction import make_preparer


def test_points_that_may_part_thousands_are_noted() -> None:
    preparer = make_preparer(Prepare(input="tabular", tabular={"numbers": ["price"]}))
    for price in ("1.200", "2.350", "700", "800"):
        preparer.prepare(json.dumps({"price": price}), "rows.csv:2")
    (warning,) = preparer.take_observations().warnings(None)
    assert warning.startswith("The numbers of 'price' may have points between thousands")
