"""Tables of random rows, shards and targets, converted with batches of random sizes."""

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from headrace.convert import fields_and_rows
from headrace.convert.job import convert
from tests.support.tables_of_every_kind import TARGETS, Values, table_of_images


class RandomTable(NamedTuple):
    """The kind of the targets, the number of rows, and their images and targets."""

    task: str
    rows: int
    pixels: Values
    target: Values


def convert_random_table(data: st.DataObject, folder: Path, output: str, format: str) -> RandomTable:
    """Draw a table, write it to `folder`, and convert it to `output` there."""
    shards = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    task = data.draw(st.sampled_from(TARGETS))
    version, pixels, target = table_of_images(folder / "table", task, shards, data.draw(st.integers(0, 2**16)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fields_and_rows, "MAX_ROWS_AT_ONCE", data.draw(st.sampled_from((1, 4, 1000))))
        convert(version, folder / output, format)
    return RandomTable(task, sum(shards), pixels, target)
