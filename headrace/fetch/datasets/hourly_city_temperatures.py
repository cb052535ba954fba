"""A year of hourly temperatures of Seattle and San Francisco, from the wheel of vega-datasets.

Measured by the United States' weather service (NOAA).
"""

import csv
import hashlib
from collections.abc import Sequence

from headrace.fetch import pypi_packages
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import Record, RecordDataset
from headrace.fetch.verified_download import download

RELEASE = pypi_packages.Release(
    package="vega-datasets",
    version="0.9.0",
    kind="wheel",
    sha256="3d7c63917be6ca9b154b565f4779a31fedce57b01b5b9d99d8a34a7608062a1d",
)
DIGESTS = {
    "seattle-temps.csv": "c220666521ff4bec4ffb6f0d9acfdc5c1056564b1aad6f78d3b06aa0a0c8b085",
    "sf-temps.csv": "3f91699707cfed43ef551394bebef4c2ebe5505157b9be7bff9558eea2fbaaec",
}
CITIES = {"seattle-temps.csv": "seattle", "sf-temps.csv": "san-francisco"}
# First day of each split, in the date format of the files.
FIRST_DAYS = {"train": "2010/01/01", "val": "2010/10/01", "test": "2010/11/01"}


def read() -> tuple[dict[str, Sequence[Record]], str]:
    """Return the hours of both cities as splits `train`, `val` and `test`, and their source.

    Raises:
        DataError: the files cannot be downloaded.
    """
    contents, source = download("temperatures", DIGESTS, {RELEASE.description: _files})
    splits: dict[str, list[Record]] = {name: [] for name in FIRST_DAYS}
    for file, city in CITIES.items():
        for row in csv.DictReader(contents[file].decode().splitlines()):
            split = [name for name, first_day in FIRST_DAYS.items() if row["date"] >= first_day][-1]
            time = row["date"].replace("/", "-")[:16]
            splits[split].append({"city": city, "time": time, "temperature": float(row["temp"])})
    return {**splits}, source


def _files() -> dict[str, bytes]:
    return pypi_packages.wheel_files(RELEASE, "vega_datasets/_data", DIGESTS)


DATASET = RecordDataset(
    name="temperatures",
    licence="MIT",
    size="0.2 MB to download; one file, 2 MB",
    description="hourly temperatures of Seattle and San Francisco in 2010, columns city, time, temperature (degrees "
    "Fahrenheit) and split by time: val from October, test from November on",
    splits={"train": 13_102, "val": 1488, "test": 2928},
    digest=hashlib.sha256(f"{DIGESTS} {FIRST_DAYS}".encode()).hexdigest(),
    read=read,
)
