"""The configuration key that names a column."""

from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.prepare.job import prepare
from headrace.prepare.sources.tables.columns.column_configuration_key import column_key


def configuration(source: Path, settings: dict[str, Any], **columns: str) -> Configuration:
    """Return the configuration that prepares a CSV file."""
    table = {"kind": "table", "format": "csv", "path": str(source), "columns": columns}
    data = {"source": table, "table": str(source.parent / "table")}
    sections = {"model": {"file": "model.py"}, "train": {"run": "run"}}
    return Configuration.model_validate({"data": data, "prepare": settings, **sections})


def test_key_is_that_of_the_section_that_names_the_column(tmp_path: Path) -> None:
    rows = configuration(
        tmp_path / "a.csv",
        {"input": "tabular", "tabular": {"numbers": ["area"], "categories": ["heating", "reject"]}},
        label="price",
    )
    assert column_key(rows, "area") == "prepare.tabular.numbers"
    assert column_key(rows, "reject") == "prepare.tabular.categories"
    assert column_key(rows, "price") == "data.source.columns.label"
    assert column_key(rows, "classification") == ""
    record = {"about": {"kind": "text", "column": "review"}}
    assert column_key(configuration(tmp_path / "a.csv", {"inputs": record}), "review") == "prepare.inputs.about.column"


def test_prepare_names_the_key_of_a_column_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("date,review,stars\n1,good,5\n")
    texts = configuration(tmp_path / "a.csv", {"input": "text"}, input="text", label="stars")
    with pytest.raises(ConfigurationError) as refused:
        prepare(texts)
    assert "has no column 'text', which data.source.columns.input names; its columns are: date" in str(refused.value)
