"""Files of a release are downloaded by pip and verified; failures are one-sentence errors."""

import dataclasses

import pytest

from headrace.errors import DataError
from headrace.fetch import pypi_packages
from headrace.fetch.datasets.hourly_city_temperatures import RELEASE

pytestmark = pytest.mark.network

FOLDER, FILE = "vega_datasets/_data", "sf-temps.csv"


def test_wheel_file_is_read_without_installing_the_wheel() -> None:
    assert pypi_packages.wheel_files(RELEASE, FOLDER, [FILE])[FILE].startswith(b"temp,date\n47.8,2010/01/01")


def test_wheel_with_another_hash_is_refused() -> None:
    other = dataclasses.replace(RELEASE, sha256="0" * 64)
    with pytest.raises(DataError, match="pip failed: THESE PACKAGES DO NOT MATCH THE HASHES"):
        pypi_packages.wheel_files(other, FOLDER, [FILE])


def test_missing_release_is_reported_in_one_line() -> None:
    missing = dataclasses.replace(RELEASE, version="99.0")
    with pytest.raises(DataError, match=r"pip failed: Could not find a version .*vega-datasets==99\.0") as caught:
        pypi_packages.wheel_files(missing, FOLDER, [FILE])
    assert "\n" not in str(caught.value)


def test_missing_file_of_a_wheel_is_named() -> None:
    with pytest.raises(DataError, match="lacks an expected file: .*no-such-file"):
        pypi_packages.wheel_files(RELEASE, FOLDER, ["no-such-file"])
