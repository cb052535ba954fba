"""Sample images of each class, from the first rows of the training shards, as pictures small enough for a page."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from headrace.schema import Column
from headrace.storage.parquet import open_parquet

if TYPE_CHECKING:
    from PIL.Image import Image

    from headrace.table.version import Version

MOST_CLASSES = 20
PER_CLASS = 8
ALL = "all rows"
MOST_SHARDS = 4
MOST_ROWS = 4096
ROWS_A_BATCH = 64
# Twice the size they are shown at, for dense screens.
LARGEST_SIDE = 96
CHANNELS = {1: "L", 3: "RGB"}


class Sample(NamedTuple):
    """One picture: its path in the source, and its bytes as a data URI."""

    path: str
    uri: str


@dataclass(frozen=True)
class Samples:
    """Pictures by class name, in the order of the classes; `pixelated` where they are shown enlarged."""

    by_class: dict[str, list[Sample]]
    pixelated: bool


def sample_images(version: "Version") -> Samples | None:
    """Up to PER_CLASS images of each of the first MOST_CLASSES classes; None where the input is no image.

    Raises:
        DataError: the version has no training split.
        OSError: a shard is no longer there, or is damaged.
    """
    _, column = version.contract.named("input")
    if column.codec == "plain" or len(column.shape) != 3 or column.shape[2] not in CHANNELS:
        return None
    classes = version.contract.classes or (ALL,)
    chosen: dict[str, list[Sample]] = {name: [] for name in classes[:MOST_CLASSES]}
    for path, target, data in _rows(version):
        number = _shown_as(target)
        pictures = None if number is None else chosen.get(classes[number])
        if pictures is not None and len(pictures) < PER_CLASS:
            pictures.append(Sample(path, _uri(data, column)))
            if all(len(pictures) == PER_CLASS for pictures in chosen.values()):
                break
    return Samples(chosen, pixelated=max(column.image_shape[:2]) < LARGEST_SIDE // 2)


def _shown_as(target: int | float | bytes) -> int | None:
    """The number of the class whose sample a row is: its own, of many labels the first, in regression that of all."""
    if isinstance(target, bytes):
        return int.from_bytes(target[:4], "little") if target else None
    return target if isinstance(target, int) else 0


def _rows(version: "Version") -> Iterator[tuple[str, int | float | bytes, bytes]]:
    """(path, target, stored image) of the first rows; a shard is read only as far as it is asked for."""
    columns = ["path", version.contract.named("target")[0], version.contract.named("input")[0]]
    read = 0
    for shard in version.split("train")[:MOST_SHARDS]:
        with open_parquet(version.table / shard.path, pre_buffer=False, buffer_size=1 << 16) as file:
            for batch in file.iter_batches(batch_size=ROWS_A_BATCH, columns=columns):
                yield from zip(*(batch[name].to_pylist() for name in columns), strict=True)
                read += batch.num_rows
                if read >= MOST_ROWS:
                    return


def _uri(data: bytes, column: Column) -> str:
    image = _decoded(data, column)
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    kind = "jpeg" if column.codec == "jpeg" else "png"
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": 88} if kind == "jpeg" else {"optimize": True}))
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _decoded(data: bytes, column: Column) -> "Image":
    from PIL import Image

    if column.codec != "raw":
        return Image.open(io.BytesIO(data))
    height, width, channels = column.image_shape
    return Image.frombytes(CHANNELS[channels], (width, height), data)
