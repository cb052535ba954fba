"""Small directories of real images, their configurations, and the rows of the tables prepared from them."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow.parquet as pq

from headrace.config import Configuration
from headrace.table import Version

SMALL: dict[str, Any] = {"image": {"mode": "L", "size": [8, 8], "codec": "raw"}, "shard_rows": 16}


def encode_image(image: PIL.Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the bytes of `image` as a file of `kind`."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise_image(height: int, width: int, channels: int = 3, seed: int = 0) -> PIL.Image.Image:
    """Return an image of random pixels, different for each seed."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8))


def write_source(folder: Path, classes: tuple[str, ...] = ("cat", "dog"), count: int = 12) -> Path:
    """Write `count` different grey images of 8 x 8 pixels in each class folder."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            image = noise_image(8, 8, channels=1, seed=number * count + index)
            (folder / name / f"{index:03d}.png").write_bytes(encode_image(image))
    return folder


def configuration(source: Path | str, table: Path | str, **prepare: Any) -> Configuration:
    """Return a configuration that prepares `source` into `table`; `prepare` as in the file."""
    tree = {
        "data": {"source": {"path": str(source)}, "table": str(table)},
        "prepare": SMALL | prepare,
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }
    return Configuration.model_validate(tree)


def read_rows(version: Version) -> list[dict[str, Any]]:
    """Return all rows of `version` with their split, ordered by path."""
    rows = [
        row | {"split": shard.split}
        for shard in version.shards
        for row in pq.ParquetFile(version.table / shard.path).read().to_pylist()
    ]
    return sorted(rows, key=lambda row: str(row["path"]))


def named_files(version: Version) -> set[str]:
    """Return every file that `version` names, by path relative to the table."""
    return {shard.path for shard in version.shards} | {str(version.summary.listing)}


def list_files(table: Path) -> set[str]:
    """Return every file below `table` besides the log, hidden ones too, by path relative to it."""
    files = (file.relative_to(table) for file in table.rglob("*") if file.is_file())
    return {str(file) for file in files if file.parts[0] != "_delta_log"}
