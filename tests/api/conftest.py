"""A session of the caller's own, and photos in class folders, one of them damaged."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from pyspark.sql import SparkSession

from tests.support.raw_images import SMALL

CLASSES = ("cat", "dog")
# The section `prepare` of these photos, as keys of the API.
SETTINGS = {"prepare.image": SMALL["image"], "prepare.shard_rows": 16, "prepare.max_rejects": 0.2}


@pytest.fixture(scope="module")
def notebook(spark: SparkSession) -> SparkSession:
    """A session whose settings are its own, as of a program that Headrace did not start."""
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    return session


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty photos of each class, which brightness tells apart, and one file that is none."""
    folder, random = tmp_path_factory.mktemp("api") / "photos", np.random.default_rng(1)
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for index in range(20):
            pixels = np.clip(random.normal(60 + 130 * number, 30, (12, 12, 3)), 0, 255).astype(np.uint8)
            PIL.Image.fromarray(pixels).save(folder / name / f"{index:02d}.png")
    (folder / "cat" / "broken.png").write_bytes(b"no photo")
    return folder


@pytest.fixture
def frame(notebook: SparkSession, photos: Path) -> Any:
    """The photos as Spark reads them, with the name of their folder."""
    from pyspark.sql import functions as F

    files = notebook.read.format("binaryFile").option("recursiveFileLookup", True).load(str(photos))
    return files.withColumn("animal", F.element_at(F.split("path", "/"), -2))
