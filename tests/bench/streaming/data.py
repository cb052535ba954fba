"""The same rows for every contender: arrays, and a table in the format of preparation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Image, Prepare
from headrace.contract import Column, Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.image.record_encoder_in_preparation import image_columns
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.fetch.datasets.fashion_mnist import read as fashion_mnist
from headrace.prepare.encoders.images.image_transcoding import encode
from headrace.table import Summary, Version, read
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base, with_contract
from tests.support.table_versions import summary

SHARD_ROWS = 2048
SHARD_BYTES = 32_000_000
CLASSES = tuple(str(number) for number in range(10))
LONGEST_TEXT = 256
VOCABULARY = 20_000


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Stored inputs, their classes and their column."""

    inputs: Sequence[bytes]
    labels: NDArray[np.int32]
    column: Column


def small_images() -> Rows:
    """Return all 60,000 training images of Fashion-MNIST as raw bytes."""
    split = fashion_mnist()[0]["train"]
    column = image_columns(Image(mode="L", size=(28, 28), codec="raw"))["image"]
    inputs = [image.tobytes() for image in split.images]
    return Rows(inputs=inputs, labels=split.labels.astype(np.int32), column=column)


def photos(count: int, folder: Path) -> Rows:
    """Return `count` crops of 224x224 from the photographs in `folder`, as JPEG of quality 90."""
    rng = np.random.default_rng(0)
    sources = [PIL.Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))]
    form = Image(mode="RGB", size=(224, 224), codec="jpeg")
    inputs = [encode(_crop(sources[rng.integers(len(sources))], rng), form) for _ in range(count)]
    return Rows(inputs=inputs, labels=rng.integers(0, 10, count, dtype=np.int32), column=image_columns(form)["image"])


def texts(count: int) -> Rows:
    """Return `count` texts of 8 to 256 tokens, most of them short, like reviews and messages."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(4.0, 0.8, count), 8, LONGEST_TEXT).astype(int)
    inputs = [rng.integers(2, VOCABULARY, length, dtype="<u2").tobytes() for length in lengths]
    column = Column(role="input", codec="tokens", dtype="uint16", shape=(None,))
    return Rows(inputs=inputs, labels=rng.integers(0, 10, count, dtype=np.int32), column=column)


def _crop(source: PIL.Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a random square of the image, resized to 224x224."""
    side = int(rng.integers(224, min(source.size) + 1))
    left, top = (int(rng.integers(0, length - side + 1)) for length in source.size)
    return np.asarray(source.crop((left, top, left + side, top + side)).resize((224, 224)))


def write_table(table: Path, rows: Rows, shard_rows: int = SHARD_ROWS) -> Version:
    """Commit `rows` as the training split of a table."""
    name = "tokens" if rows.column.codec == "tokens" else "image"
    columns = {
        "label": Column(role="target", codec="plain", dtype="int32"),
        name: rows.column,
    }
    schema = pa.schema([_field("label", pa.int32(), columns), _field(name, pa.binary(), columns)])
    shards = []
    begin = 0
    while begin < len(rows.inputs):
        stop, size = begin, 0
        while stop < min(len(rows.inputs), begin + shard_rows) and size < SHARD_BYTES:
            size += len(rows.inputs[stop])
            stop += 1
        content = pa.table([rows.labels[begin:stop], rows.inputs[begin:stop]], schema=schema)
        shards.append(write_shard(content, table, f"part-{len(shards):06d}", "train"))
        begin = stop
    commit(open_base(table), shards, schema, _summary(rows, columns).model_dump_json())
    return read(table)


def _field(name: str, kind: pa.DataType, columns: dict[str, Column]) -> pa.Field:
    """Return an Arrow field with its contract."""
    return with_contract(pa.field(name, kind, nullable=False), columns[name])


def _summary(rows: Rows, columns: dict[str, Column]) -> Summary:
    """Return the summary of the table."""
    text = rows.column.codec == "tokens"
    channels = 1 if text else rows.column.image_shape[2]
    statistics = Statistics(mean=(127.0,) * channels, variance=(4000.0,) * channels)
    tokenizer = Tokenizer(
        kind="word", file="none", sha256="0" * 64, vocabulary_size=VOCABULARY, max_length=LONGEST_TEXT
    )
    counts = {"train": {name: int((rows.labels == number).sum()) for number, name in enumerate(CLASSES)}}
    return summary(
        contract=Contract(
            columns=columns,
            classes=CLASSES,
            input_specs={"tokens": TextSpec(tokenizer=tokenizer)}
            if text
            else {"image": ImageSpec(statistics=statistics)},
        ),
        rows_in=len(rows.inputs),
        written=len(rows.inputs),
        counts=counts,
        fingerprint="bench",
        settings=Prepare().model_dump(mode="json"),
        seconds=0.0,
    )
