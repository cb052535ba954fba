"""Untrained bundles of images and of texts, which cost no training, and a standard input that holds given bytes."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace.networks.network_build_and_checks import build_model
from tests.support.shipped_networks import MODELS, SMALL
from tests.support.small_bundle import write_bundle
from tests.support.small_table import Content, some_rows, write_table
from tests.support.trained_bundles import text_table, write

PIXELS = some_rows(6, shape=(12, 10, 3)).pixels


@pytest.fixture(scope="session")
def photo_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that predicts one of three classes of images."""
    folder = tmp_path_factory.mktemp("photos")
    return write_bundle(
        folder / "bundle", write_table(folder / "table", Content(splits={"train": some_rows(6, shape=(12, 10, 3))}))
    )


@pytest.fixture(scope="session")
def text_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that predicts one of three classes of texts, which were in the column `review`."""
    import keras

    folder = tmp_path_factory.mktemp("texts")
    version = text_table(folder / "table")
    path = next(path for path in MODELS if path.stem == "text_cnn")
    keras.utils.set_random_seed(3)
    model = build_model(path, version.contract, SMALL["text_cnn"])
    return write(folder / "bundle", path, model, version, SMALL["text_cnn"])


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Return a function that sets what standard input holds."""

    def set_input(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return set_input
