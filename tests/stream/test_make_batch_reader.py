"""Petastorm's own `make_batch_reader` reads a split of a table: every row once, with the values that Headrace reads.

Petastorm's reader can end too early on any data; `read_whole` then reads again, as a user must.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.inspection.table_description import file_urls
from headrace.prepare.job import prepare
from headrace.stream.read.binary_columns_and_row_selection import concat_rows
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.table import Version, read
from tests.prepare.test_text_job import text_configuration, texts, write_rows
from tests.support.commands import headrace
from tests.support.petastorm_data import read_whole
from tests.support.raw_images import configuration, read_rows, write_source

pytestmark = [pytest.mark.petastorm, pytest.mark.usefixtures("spark")]

INPUTS = {"image": "image", "text": "tokens"}


@pytest.fixture
def version(tmp_path: Path, request: pytest.FixtureRequest) -> Version:
    """Return a table of images, or of texts of different lengths, in several shards."""
    if request.param == "image":
        prepare(configuration(write_source(tmp_path / "raw", count=40), tmp_path / "table"))
    else:
        write_rows(tmp_path / "raw", "texts.json", texts(100))
        prepare(text_configuration(tmp_path / "raw"))
    table = read(tmp_path / "table")
    assert len(table.split("train")) > 2
    return table


def by_path(columns: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Return the values of every row by its path; paths must be unique."""
    values = {name: list(column.tolist()) for name, column in columns.items()}
    rows = dict(zip(values["path"], zip(*values.values(), strict=True), strict=True))
    assert len(rows) == len(values["path"])
    return rows


def expected_rows(version: Version, split: str, names: list[str]) -> dict[str, tuple[Any, ...]]:
    """Return the rows of the split by path, as Headrace reads them."""
    return by_path(dict(concat_rows(list(read_shards(version.table, version.split(split), names)))))


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("version", INPUTS, indirect=True)
def test_make_batch_reader_yields_every_row_once(version: Version, split: str) -> None:
    from petastorm import make_batch_reader

    names = ["path", "label", version.contract.named("input")[0], "content_hash"]

    def rows() -> dict[str, tuple[Any, ...]]:
        with make_batch_reader(file_urls(version, split), num_epochs=1) as reader:
            batches = [batch._asdict() for batch in reader]
        return by_path(
            {name: np.concatenate([np.empty(0, object), *(batch[name] for batch in batches)]) for name in names}
        )

    found = read_whole(rows, sum(version.summary.counts[split].values()))
    assert found == expected_rows(version, split, names)


@pytest.mark.parametrize("version", INPUTS, indirect=True)
def test_make_petastorm_dataset_yields_same_values(version: Version) -> None:
    from petastorm import make_batch_reader
    from petastorm.tf_utils import make_petastorm_dataset

    names = ["path", "label", version.contract.named("input")[0]]

    def rows() -> list[dict[str, Any]]:
        with make_batch_reader(file_urls(version, "train"), schema_fields=names, num_epochs=1) as reader:
            return [row._asdict() for row in make_petastorm_dataset(reader).unbatch()]

    whole = read_whole(rows, sum(version.summary.counts["train"].values()))
    found = by_path({name: np.array([row[name].numpy() for row in whole], object) for name in names})
    assert {key.decode(): (path.decode(), *rest) for key, (path, *rest) in found.items()} == expected_rows(
        version, "train", names
    )


@pytest.mark.parametrize("version", ["image"], indirect=True)
def test_inspect_lists_files_that_petastorm_reads(version: Version) -> None:
    from petastorm import make_batch_reader

    result = headrace("inspect", "table", "--files", "train", cwd=version.table.parent).json

    def paths() -> list[str]:
        with make_batch_reader(result["files"], schema_fields=["path"], num_epochs=1) as reader:
            return [path for batch in reader for path in batch.path]

    found = read_whole(paths, sum(result["counts"]["train"].values()))
    assert sorted(found) == sorted(row["path"] for row in read_rows(version) if row["split"] == "train")
