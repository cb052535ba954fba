"""Every network in every format gives the bundle's answers, for any number of rows and texts of any length."""

from pathlib import Path
from typing import get_args

import pytest

from headrace.export.formats import TOLERANCE, Format, Name
from headrace.export.job import export
from headrace.table import Version
from tests.models.test_networks import MODELS
from tests.trained_bundles import table_for, trained

Pair = tuple[Version, Path]


@pytest.fixture(scope="module", params=[path.stem for path in MODELS])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A table, and the bundle of a network that was trained on it."""
    folder = tmp_path_factory.mktemp(request.param)
    version = table_for(request.param, folder / "table")
    return version, trained(request.param, version, folder / "bundle")


@pytest.mark.parametrize("name", get_args(Name))
def test_it_gives_the_bundles_answers(pair: Pair, name: Name, tmp_path: Path) -> None:
    version, bundle = pair
    real = export(bundle, tmp_path / "real", Format(name), version.table)
    assert real["compared"] == len_of_test(version)
    assert 0 <= real["greatest_difference"] <= TOLERANCE
    assert "test split" in real["compared_with"]


def len_of_test(version: Version) -> int:
    return sum(version.summary.counts["test"].values())
