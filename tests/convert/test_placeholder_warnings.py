"""A conversion warns of rows whose unknown words and categories are written as placeholders."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from headrace.contract import Column
from headrace.convert.fields_and_rows import Field
from headrace.convert.job import convert
from headrace.convert.placeholder_warnings import PlaceholderCounter
from headrace.features.tabular.vocabulary_encoding import save_vocabulary
from tests.support.tables_of_every_kind import ONE, Values, targets, write_rows


def test_unknown_category_is_counted_by_a_conversion(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = tmp_path / "table"
    table.mkdir()
    # Of the numbers of categories, 0 is a missing one and 1 an unknown one.
    rows = [np.array([1.0, number], "<f4") for number in (1, 2, 1, 0)]
    spec = save_vocabulary(("area",), ONE, {"district": ["north"]}, table)
    column = Column(role="input", codec="raw", dtype="float32", shape=(2,))
    row = Values(column=column, stored=[one.tobytes() for one in rows], known=rows)
    labels = targets("classification", 4, np.random.default_rng(0))
    version = write_rows(table, "classification", {"row": row}, {"row": spec}, labels, [4])
    convert(version, tmp_path / "out", "huggingface")
    assert "2 rows have (unknown) in place of what the vocabulary of the training split lacks" in caplog.text


def test_row_with_two_unknown_texts_counts_once(caplog: pytest.LogCaptureFixture) -> None:
    fields = [Field(column=name, name=name, value_type="text", is_input=True) for name in ("title", "body")]
    counter = PlaceholderCounter(fields)
    counter.add(pa.RecordBatch.from_pydict({"title": ["a [UNK 1]", None, "b"], "body": ["[UNK 1] c", "d", "e"]}))
    counter.warn()
    assert "1 row has [UNK 1] in place of" in caplog.text


def test_known_texts_are_not_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    counter = PlaceholderCounter([Field(column="text", name="text", value_type="text", is_input=True)])
    counter.add(pa.RecordBatch.from_pydict({"text": ["a", None]}))
    counter.warn()
    assert not caplog.text
