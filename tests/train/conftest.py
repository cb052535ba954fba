"""A table with a validation split whose rows do not fill the last step."""

import shutil
from pathlib import Path

import pytest

from tests.support.commands import headrace
from tests.support.workspace import write_configuration


@pytest.fixture(scope="session")
def validated(fashion_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as `workspace`, with 1,001 training images; the 199 of its validation split are in `raw/val`."""
    folder = tmp_path_factory.mktemp("validated")
    shutil.copytree(fashion_mnist, folder / "raw")
    images = sorted((folder / "raw" / "train").glob("*/*.png"))
    for image in images[:-1:6][:199]:
        target = folder / "raw" / "val" / image.parent.name / image.name
        target.parent.mkdir(parents=True, exist_ok=True)
        image.rename(target)
    write_configuration(folder, folder / "raw")
    headrace("prepare", "conf.yaml", cwd=folder)
    return folder
