"""Fixtures: a small table, two networks for it, and their comparison."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.table import Version
from tests.support.small_bundle import fitted, small_model, write_bundle
from tests.support.small_table import Content, some_rows, write_table

ROWS = 60
CONTENT = Content(splits={"train": some_rows(30), "test": some_rows(ROWS)})


@pytest.fixture(scope="package")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Write a table with 30 training and 60 test rows."""
    return write_table(tmp_path_factory.mktemp("data") / "table", CONTENT)


@pytest.fixture(scope="package")
def models(version: Version) -> dict[str, Any]:
    """Return an untrained network, and one with other weights after some steps."""
    rows = CONTENT.splits["test"]
    return {"plain": small_model(version), "good": fitted(version, rows.pixels, np.array(rows.labels), 60)}


@pytest.fixture(scope="package")
def bundles(version: Version, models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Write the networks as bundles, each in the folder of a run that is gone."""
    folder = tmp_path_factory.mktemp("trained")
    return [write_bundle(folder / name / "bundle", version, model) for name, model in models.items()]


@pytest.fixture(scope="package")
def comparison(bundles: list[Path]) -> dict[str, Any]:
    """Compare the bundles."""
    from headrace.compare.job import compare

    return compare(bundles)
