"""The format of raw data is found by the names of its files, or by their first bytes."""

from pathlib import Path

import pytest

from headrace.prepare.preview.table_format_detection import detect_format
from tests.support.table_rows import WRITERS


@pytest.mark.parametrize("table_format", sorted(WRITERS))
def test_file_has_its_format_by_its_name_or_else_its_first_bytes(tmp_path: Path, table_format: str) -> None:
    file = tmp_path / f"data.{table_format}"
    WRITERS[table_format](file, 0)
    assert detect_format(str(file)) == table_format
    # The CSV file has a damaged row, with which it is no table without its suffix.
    assert detect_format(str(file.rename(tmp_path / "data"))) == (None if table_format == "csv" else table_format)


@pytest.mark.parametrize(
    ("path", "found"), [("s3://bucket/a.parquet", "parquet"), ("s3://bucket/photos", None), ("none.csv.gz", "csv")]
)
def test_address_and_absent_file_are_judged_by_their_name(path: str, found: str | None) -> None:
    assert detect_format(path) == found


def test_folders_of_images_and_an_empty_folder_are_no_table(tmp_path: Path) -> None:
    assert detect_format(str(tmp_path)) is None
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/1.jpg").write_bytes(b"x")
    assert detect_format(str(tmp_path)) is None
