"""A file of a release is brought by pip, is the one that is meant, or is refused in a sentence."""

import dataclasses

import pytest

from headrace.errors import DataError
from headrace.fetch import pypi
from headrace.fetch.datasets.temperatures import RELEASE

FOLDER, FILE = "vega_datasets/_data", "sf-temps.csv"


def test_a_file_of_a_wheel_is_read_without_installing_it() -> None:
    assert pypi.wheel_files(RELEASE, FOLDER, [FILE])[FILE].startswith(b"temp,date\n47.8,2010/01/01")


def test_another_file_than_the_one_that_is_meant_is_refused() -> None:
    other = dataclasses.replace(RELEASE, sha256="0" * 64)
    with pytest.raises(DataError, match="pip failed: THESE PACKAGES DO NOT MATCH THE HASHES"):
        pypi.wheel_files(other, FOLDER, [FILE])


def test_a_release_that_does_not_exist_is_one_sentence() -> None:
    missing = dataclasses.replace(RELEASE, version="99.0")
    with pytest.raises(DataError, match=r"pip failed: Could not find a version .*vega-datasets==99\.0") as caught:
        pypi.wheel_files(missing, FOLDER, [FILE])
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="does not hold what is expected: .*no-such-file"):
        pypi.wheel_files(RELEASE, FOLDER, ["no-such-file"])
