"""Fixture: a table whose validation split does not fill the last step."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import headrace_within
from tests.support.workspace import write_configuration


@pytest.fixture(scope="session")
def validated(spark: Any, fashion_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace like `workspace`, with 1,001 training images and 199 validation images in `raw/val`."""
    folder = tmp_path_factory.mktemp("validated")
    shutil.copytree(fashion_mnist, folder / "raw")
    images = sorted((folder / "raw" / "train").glob("*/*.png"))
    for image in images[:-1:6][:199]:
        target = folder / "raw" / "val" / image.parent.name / image.name
        target.parent.mkdir(parents=True, exist_ok=True)
        image.rename(target)
    write_configuration(folder, folder / "raw")
    headrace_within("prepare", "conf.yaml", cwd=folder)
    return folder
