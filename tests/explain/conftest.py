"""Bundles to explain, each trained once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.trained_bundles import table_for, trained


@pytest.fixture(scope="session")
def bundle_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The bundle of a network in models/, by its name."""
    made: dict[str, Path] = {}

    def bundle(network: str) -> Path:
        if network not in made:
            folder = tmp_path_factory.mktemp(network)
            made[network] = trained(network, table_for(network, folder / "table"), folder / "bundle")
        return made[network]

    return bundle
