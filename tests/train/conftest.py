"""A table with a validation split whose rows do not fill the last step."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import headrace, write_configuration


@pytest.fixture(scope="session")
def validated(fashion_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace, as `workspace`; the images of its validation split, 199, are in `raw/val`."""
    folder = tmp_path_factory.mktemp("validated")
    shutil.copytree(fashion_mnist, folder / "raw")
    shutil.copytree(fashion_mnist / "test", folder / "raw" / "val")
    next((folder / "raw" / "val" / "bag").iterdir()).unlink()
    write_configuration(folder, folder / "raw")
    headrace("prepare", "conf.yaml", cwd=folder)
    return folder
