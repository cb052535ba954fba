"""Bundles to explain; each network is trained once per session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.trained_bundles import table_for, trained


@pytest.fixture(scope="session")
def make_bundle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that trains a network of models/ on first use and returns its bundle."""
    bundles: dict[str, Path] = {}

    def bundle(network: str) -> Path:
        if network not in bundles:
            folder = tmp_path_factory.mktemp(network)
            bundles[network] = trained(network, table_for(network, folder / "table"), folder / "bundle")
        return bundles[network]

    return bundle
