"""Labels that are lists of finite numbers of one length are stored, and others are rejected with a reason."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.config.configuration_model import Prepare
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.targets.vector.label_encoder import COLUMN, content_text, encode, label_cell, sized_column

SETTINGS = Prepare.model_validate({"task": "vector", "input": "vector", "vector": {"column": "v", "size": 2}})


def context(size: int | None) -> PrepareContext:
    """Return the context of a table whose labels have `size` numbers."""
    column = None if size is None else COLUMN.model_copy(update={"shape": (size,)})
    return PrepareContext(identity="a", root="r", table=Path("t"), labels={}, settings=SETTINGS, target_column=column)


@pytest.mark.parametrize("value", [[0.5, -2], "[0.5, -2.0]", " [5e-1,-2] "])
def test_label_is_stored_as_float32(value: Any) -> None:
    label = label_cell(value)
    assert label is not None
    assert np.frombuffer(encode(label, context(2)), "<f4").tolist() == [0.5, -2.0]
    assert content_text(label) == content_text("[0.5, -2]")


@pytest.mark.parametrize("label", ["", "x", "[NaN]"])
def test_content_of_a_row_without_a_label_is_known(label: str) -> None:
    """Rows to predict have none, and those of bad labels are rejected for their content first."""
    assert content_text(label) == label


@pytest.mark.parametrize("value", [None, "null", "", " "])
def test_missing_label_is_missing(value: str | None) -> None:
    assert not label_cell(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([1.0], "has 1 numbers, and labels of this table have 2"),
        ([1, 2, 3], "has 3 numbers"),
        ([1.0, float("nan")], "number 1 of the label is nan, which is not a finite"),
        ("[1e300, 2]", "number 0 of the label is 1e.300"),
        ([1, "a"], "expected a list of numbers"),
        ([1, None], "expected a list of numbers"),
        (3.5, "expected a list of numbers"),
        ({"a": 1}, "expected a list of numbers"),
        ("1, 2", "expected a list of numbers"),
    ],
)
def test_other_labels_are_rejected(value: Any, reason: str) -> None:
    with pytest.raises(RejectedRecordError, match=rf"bad_label: .*{reason}"):
        encode(label_cell(value) or "", context(2))


def test_label_of_a_table_without_a_length_is_rejected() -> None:
    with pytest.raises(RejectedRecordError, match="no length of labels is known"):
        encode("[1]", context(None))


def test_size_is_that_of_a_label_that_can_be_used() -> None:
    assert [sized_column(json.dumps(one)) for one in ([], [1, None], 5)] == [None, None, None]
    assert sized_column("[NaN]") is None
    column = sized_column("[1, 2, 3]")
    assert column is not None
    assert column.shape == (3,)
