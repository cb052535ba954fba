"""Prepared rows and the keys of configurations stay what they were.

With another key every table is prepared again as a whole; with another content hash rows move between splits.
`python -m tests.prepare.test_frozen_results` prints the keys and hashes of today as JSON. Replace the recorded ones
only for a change that must reach existing tables, together with `PREPARATION_VERSION`.
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from headrace.config import Configuration
from headrace.config.load import load
from headrace.prepare.incremental_plan_and_task_context import append_key
from headrace.prepare.job import prepare
from headrace.table import read
from tests.prepare.sources.series.test_window_source import configured, hours
from tests.support.raw_images import configuration, read_rows, write_source
from tests.support.text_files import write_texts
from tests.support.workspace import ROOT

RECORDED: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "frozen_results.json").read_text())
CONFIGURATIONS = sorted((ROOT / "conf").glob("*.yaml"))


def key_of(file: Path) -> str:
    """Return the append key of a configuration whose source is at /raw."""
    read = load(file)
    return append_key("/raw", read.data.source, read.prepare)


def prepare_images(folder: Path) -> Path:
    """Prepare class folders of PNG files in their own size."""
    prepare(configuration(write_source(folder / "raw"), folder / "table"))
    return folder / "table"


def prepare_texts(folder: Path) -> Path:
    """Prepare a CSV file of texts as words."""
    write_texts(folder / "texts.csv")
    source = {"kind": "table", "format": "csv", "path": str(folder / "texts.csv"), "columns": {"input": "text"}}
    tree = {
        "data": {"source": source, "table": str(folder / "table")},
        "prepare": {"input": "text"},
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }
    prepare(Configuration.model_validate(tree))
    return folder / "table"


def prepare_windows(folder: Path) -> Path:
    """Prepare two series as windows of four hours."""
    rows = [*hours("a", "train", range(20)), *hours("b", "train", range(20)), *hours("a", "test", range(30, 40))]
    prepare(configured(folder, rows))
    return folder / "table"


SOURCES = {"images": prepare_images, "texts": prepare_texts, "windows": prepare_windows}


def hash_rows(table: Path) -> str:
    """Return a hash of all rows with all their columns and splits."""
    digest = hashlib.sha256()
    for row in read_rows(read(table)):
        digest.update(repr(sorted(row.items())).encode())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=[file.stem for file in CONFIGURATIONS])
def test_key_of_configuration_is_unchanged(file: Path) -> None:
    assert key_of(file) == RECORDED["keys"][file.stem]


@pytest.mark.spark
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("kind", SOURCES)
def test_prepared_rows_are_unchanged(kind: str, tmp_path: Path) -> None:
    assert hash_rows(SOURCES[kind](tmp_path)) == RECORDED["rows"][kind]


def current_results() -> dict[str, Any]:
    """Return the keys and hashes of today."""
    rows = {}
    for kind, prepare_source in SOURCES.items():
        with tempfile.TemporaryDirectory() as folder:
            rows[kind] = hash_rows(prepare_source(Path(folder)))
    return {"keys": {file.stem: key_of(file) for file in CONFIGURATIONS}, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(current_results(), indent=2))
