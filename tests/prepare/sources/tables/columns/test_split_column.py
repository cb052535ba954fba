"""The column of splits has the spellings of folders; other values are named."""

import logging
from pathlib import Path

import pytest

from headrace.prepare.sources.tables.columns.split_column import split_cells, warn_of_other_splits
from headrace.prepare.sources.tables.listing.table_file_listing import list_table
from tests.support.table_rows import text_source


@pytest.mark.parametrize(
    ("cell", "split"), [("TRAINING", "train"), (b"dev", "val"), ("Test ", "test"), (" ", None), (None, None)]
)
def test_split_cells_have_usual_spellings(cell: object, split: str | None) -> None:
    assert split_cells(cell, "fold") == {"split": split}


@pytest.mark.parametrize(("cell", "shown"), [(0, "'0'"), (True, "'true'"), ("unsup", "'unsup'")])
def test_split_cells_name_the_column_and_its_value(cell: object, shown: str) -> None:
    found = split_cells(cell, "fold")
    assert found["reason"] == "bad_split"
    assert f"the column 'fold' holds {shown}; expected train, val or test" in str(found["detail"])


def test_values_that_are_not_splits_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "t.csv").write_text("text,label,fold\na,x,0\nb,y,1\nc,x,0\nd,x,train\ne,y,\n")
    source = text_source(tmp_path, "csv")
    listing = list_table(source)
    with caplog.at_level(logging.WARNING):
        warn_of_other_splits(source, listing.root, listing.files)
    assert "The column 'fold' of " in caplog.text
    assert "holds '0', '1', and records with these values are rejected; expected train, val or test" in caplog.text
