"""What the cells of a table's input column hold must fit the kind of input."""

from pathlib import Path

import pytest

from headrace.config.sections.source import Columns, Source
from headrace.errors import ConfigurationError
from headrace.prepare.sources.tables.read_table_records_in_spark import find_cell_format


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_table_of_files_must_say_that_its_cells_are_bytes_or_paths(kind: str, tmp_path: Path) -> None:
    source = Source(kind="table", path=str(tmp_path), columns=Columns(input="sound"))
    with pytest.raises(
        ConfigurationError, match=f"content is text, and prepare.input: {kind} needs files; expected by"
    ):
        find_cell_format(source, str(tmp_path), kind)
    told = source.model_copy(update={"columns": Columns(content="paths")})
    assert find_cell_format(told, str(tmp_path), kind) == "paths"


@pytest.mark.parametrize("kind", ["text", "windows"])
def test_table_of_rows_has_cells_of_text(kind: str, tmp_path: Path) -> None:
    source = Source(kind="table", path=str(tmp_path), columns=Columns())
    assert find_cell_format(source, str(tmp_path), kind) == "text"
