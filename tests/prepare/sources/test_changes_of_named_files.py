"""What preparation reads is what it watches, also files that the rows of a table name."""

import os
from pathlib import Path
from typing import Any

import pytest

from headrace.prepare.job import prepare
from headrace.retrain.source_fingerprint import detect
from headrace.table import read
from tests.prepare.test_sources import source_configuration
from tests.support.raw_images import read_rows, write_source

pytestmark = pytest.mark.spark


@pytest.fixture
def source(tmp_path: Path) -> dict[str, Any]:
    """A CSV file that names 24 images by path, in a column with a dot."""
    raw = write_source(tmp_path / "raw")
    rows = [f"{file.relative_to(raw)},{file.parent.name}" for file in sorted(raw.glob("*/*.png"))]
    (raw / "table.csv").write_text("\n".join(["image.path,label", *rows]))
    columns = {"input": "image.path", "content": "paths"}
    return {"kind": "table", "format": "csv", "path": str(raw / "table.csv"), "columns": columns}


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("changes", ["time", "content"])
def test_table_of_paths_is_prepared_again_if_a_picture_has_changed(
    source: dict[str, Any], tmp_path: Path, changes: str
) -> None:
    configuration = source_configuration(tmp_path / "table", source, changes=changes)
    assert prepare(configuration)["changed"]
    assert not prepare(configuration)["changed"]
    first = detect(configuration)
    files = sorted((tmp_path / "raw").glob("*/*.png"))
    status = files[0].stat()
    files[0].write_bytes(files[1].read_bytes())
    if changes == "content":
        os.utime(files[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    assert detect(configuration) != first
    assert prepare(configuration)["changed"]
    assert len({row["content_hash"] for row in read_rows(read(tmp_path / "table"))}) == 23
    files[2].unlink()
    assert prepare(configuration)["rejects"] == {"missing_file": 1}
