"""Real tables of a few images, written as preparation writes them, without Spark."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Image, Prepare
from headrace.contract import Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.image.record_encoder_in_preparation import image_columns
from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.prepare.encoders.images.image_transcoding import encode
from headrace.table import Shard, Summary, Version, read
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base
from tests.support.table_columns import table_columns
from tests.support.table_versions import summary

CLASSES = ("coat", "bag", "boot")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Images of one split.

    Attributes:
        pixels: (rows, height, width, channels), uint8.
        shards: rows in each shard.
    """

    pixels: NDArray[np.uint8]
    labels: Sequence[int]
    shards: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Content:
    """The content of a table."""

    splits: dict[str, Rows]
    codec: str = "raw"
    classes: tuple[str, ...] = CLASSES
    paths: dict[str, list[str]] = field(default_factory=dict)

    @property
    def image(self) -> Image:
        """Return the settings with which raw images were prepared."""
        pixels = next(iter(self.splits.values())).pixels
        mode = "L" if pixels.shape[3] == 1 else "RGB"
        return Image.model_validate({"mode": mode, "size": pixels.shape[1:3], "codec": self.codec})


def some_images(rows: int, shape: tuple[int, int, int] = (8, 8, 1), seed: int = 0) -> NDArray[np.uint8]:
    """Return smooth pictures, all different."""
    height, width, channels = shape
    phase = np.random.default_rng(seed).uniform(0, 6.28, (rows, 1, 1, channels))
    down, across = np.arange(height)[None, :, None, None], np.arange(width)[None, None, :, None]
    numbers = np.arange(rows)[:, None, None, None]
    wave = np.sin(down / 3 + phase) + np.cos(across / 2 - phase * 2)
    return ((wave * 50 + 128).astype(np.int64) + numbers).astype(np.uint8)


def some_rows(rows: int, shards: Sequence[int] | None = None, shape: tuple[int, int, int] = (8, 8, 1)) -> Rows:
    """Return `rows` images of alternating classes, by default in shards of ten rows."""
    shards = shards or [min(10, rows - begin) for begin in range(0, rows, 10)]
    labels = [row % len(CLASSES) for row in range(rows)]
    return Rows(pixels=some_images(rows, shape, seed=rows), labels=labels, shards=shards)


def write_table(table: Path, content: Content) -> Version:
    """Commit a version whose content is `content`; row i of split s has the path s/i.png."""
    shards = [shard for split, rows in content.splits.items() for shard in write_shards(table, split, rows, content)]
    schema = arrow_schema(table_columns(image_columns(content.image)))
    commit(open_base(table), shards, schema, _summary(content).model_dump_json())
    return read(table)


def write_shards(table: Path, split: str, rows: Rows, content: Content) -> list[Shard]:
    """Write the shards of one split into a table's folder but not in its log."""
    ends = np.cumsum([0, *rows.shards])
    return [
        write_shard(_shard(split, rows, range(begin, end), content), table, f"part-{number:05d}", split)
        for number, (begin, end) in enumerate(zip(ends[:-1], ends[1:], strict=True))
    ]


def _shard(split: str, rows: Rows, chosen: range, content: Content) -> pa.Table:
    paths = content.paths.get(split) or [f"{split}/{row}.png" for row in range(len(rows.pixels))]
    columns = {
        "path": [paths[row] for row in chosen],
        "label": [rows.labels[row] for row in chosen],
        "image": [encode(rows.pixels[row], content.image) for row in chosen],
        "content_hash": [f"{split}-{row}" for row in chosen],
    }
    return pa.Table.from_pydict(columns, schema=arrow_schema(table_columns(image_columns(content.image))))


def _summary(content: Content) -> Summary:
    train = next(iter(content.splits.values())).pixels.astype(np.float64)
    mean, variance = train.mean((0, 1, 2)), train.var((0, 1, 2))
    counts = {
        split: {name: list(rows.labels).count(number) for number, name in enumerate(content.classes)}
        for split, rows in content.splits.items()
    }
    written = sum(len(rows.labels) for rows in content.splits.values())
    return summary(
        contract=Contract(
            columns=table_columns(image_columns(content.image)),
            classes=content.classes,
            input_specs={"image": ImageSpec(statistics=Statistics(mean=tuple(mean), variance=tuple(variance)))},
        ),
        rows_in=written,
        written=written,
        counts=counts,
        fingerprint="small",
        settings=Prepare(image=content.image).model_dump(mode="json"),
        seconds=0.0,
    )
