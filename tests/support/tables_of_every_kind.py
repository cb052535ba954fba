"""Real tables of one split with every kind of input and target, without Spark, and the values that their rows have."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.config.sections.inputs.image_and_text import Text, Tokens
from headrace.contract import Column, Contract
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.contract_spec import Statistics
from headrace.features.geo.contract_spec import GeoSpec
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.tabular.vocabulary_encoding import FIRST_KNOWN, MISSING, save_vocabulary
from headrace.features.text.contract_spec import TextSpec
from headrace.features.vector.contract_spec import VectorSpec
from headrace.features.windows.contract_spec import WindowSpec
from headrace.prepare.arrow_schema_and_columns import IDENTITY, WEIGHT, arrow_schema
from headrace.prepare.encoders.label_text import INDEX_TYPE
from headrace.prepare.text.tokenizer import (
    UNKNOWN,
    WordCount,
    encode,
    save_tokenizer,
    split_words,
    token_dtype,
    word_tokenizer,
)
from headrace.table import Version, read
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base
from tests.support.table_versions import summary

CLASSES = ("coat", "Schuh/größer", "yes")
SHAPE = (4, 5, 3)
ONE = Statistics(mean=(0.0,), variance=(1.0,))
TEXT_SETTINGS = Text(tokens=Tokens(min_count=1, max_length=40))
WORDS = ("coat", "größer", "boot")
MEANINGS = ("red", "naïve")
TARGETS = ("classification", "retrieval", "multi_label", "mask", "regression", "vector")


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values of one column: as a table stores them, and as a user knows them."""

    column: Column
    stored: list[Any]
    known: list[Any]


def targets(task: str, rows: int, random: np.random.Generator) -> Values:
    """Return labels of the kind `task`; masks have ignored pixels, and some rows no label of many."""
    if task in ("classification", "retrieval"):
        drawn = random.integers(0, len(CLASSES), rows).tolist()
        column = Column(role="target", codec="plain", dtype="int32")
        return Values(column=column, stored=drawn, known=[CLASSES[one] for one in drawn])
    if task == "multi_label":
        chosen = [np.flatnonzero(random.random(len(CLASSES)) < 0.5) for _ in range(rows)]
        column = Column(role="target", codec="labels", dtype="int32", shape=(None,))
        known = [[CLASSES[index] for index in one] for one in chosen]
        return Values(column=column, stored=[one.astype(INDEX_TYPE).tobytes() for one in chosen], known=known)
    if task == "mask":
        masks = random.choice(np.array([*range(len(CLASSES)), 255], np.uint8), (rows, *SHAPE[:2]))
        column = Column(role="target", codec="raw", dtype="uint8", shape=SHAPE[:2])
        return Values(column=column, stored=[one.tobytes() for one in masks], known=list(masks))
    numbers = random.normal(size=(rows, 3)).astype("<f4")
    if task == "vector":
        column = Column(role="target", codec="raw", dtype="float32", shape=(3,))
        return Values(column=column, stored=[one.tobytes() for one in numbers], known=numbers.tolist())
    column = Column(role="target", codec="plain", dtype="float32")
    return Values(column=column, stored=numbers[:, 0].tolist(), known=numbers[:, 0].tolist())


def category_name(code: float) -> str | None:
    """Return the name of a category by its code in a table; None if it is missing."""
    return None if code == MISSING else MEANINGS[int(code) - FIRST_KNOWN]


def arrays(shape: tuple[int, ...], dtype: str, rows: int, random: np.random.Generator) -> Values:
    """Return random inputs that are stored as raw numbers."""
    drawn = random.integers(0, 256, (rows, *shape)) if dtype == "uint8" else random.normal(size=(rows, *shape)) * 1000
    numbers = drawn.astype(np.dtype(dtype).newbyteorder("<"))
    column = Column(role="input", codec="raw", dtype=dtype, shape=shape)
    return Values(column=column, stored=[one.tobytes() for one in numbers], known=list(numbers))


def _texts(table: Path, rows: int, random: np.random.Generator) -> tuple[Values, TextSpec]:
    texts = [" ".join(random.choice([*WORDS, "unseen"], 4)) for _ in range(rows)]
    known = [text.replace("unseen", UNKNOWN) for text in texts]
    counts = Counter(word for word in WORDS for word in split_words(word, TEXT_SETTINGS))
    text = word_tokenizer([WordCount(*pair) for pair in counts.items()], TEXT_SETTINGS)
    tokenizer = save_tokenizer(text, TEXT_SETTINGS, table)
    column = Column(role="input", codec="tokens", dtype=token_dtype(tokenizer), shape=(None,))
    return Values(column=column, stored=encode(texts, tokenizer, table), known=known), TextSpec(tokenizer=tokenizer)


def inputs_of_every_kind(
    table: Path, rows: int, random: np.random.Generator
) -> tuple[dict[str, Values], dict[str, Any]]:
    """Return seven inputs by name, and their specifications."""
    table.mkdir(parents=True, exist_ok=True)
    numbers = random.normal(size=(rows, 2)).astype("<f4")
    numbers[:, 1] = random.integers(FIRST_KNOWN, FIRST_KNOWN + len(MEANINGS), rows)
    cells = Column(role="input", codec="raw", dtype="float32", shape=(2,))
    degrees = random.uniform((-89, -179), (89, 179), (rows, 2))
    angles = np.radians(degrees)
    places = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(rows, 4).astype("<f4")
    # The first record has no category and no location.
    numbers[0, 1], places[0], degrees[0] = MISSING, 0, np.nan
    text, text_spec = _texts(table, rows, random)
    values = {
        "photo": arrays(SHAPE, "uint8", rows, random),
        "review": text,
        "sound": arrays((6,), "int16", rows, random),
        "window": arrays((3, 2), "float32", rows, random),
        "row": Values(column=cells, stored=[one.tobytes() for one in numbers], known=numbers.tolist()),
        "place": Values(
            column=cells.model_copy(update={"shape": (4,)}),
            stored=[one.tobytes() for one in places],
            known=list(degrees),
        ),
        "embedding": arrays((3,), "float32", rows, random),
    }
    vocabulary = save_vocabulary(("size",), ONE, {"colour": MEANINGS}, table)
    window = WindowSpec(statistics=ONE, values=("a", "b"), label="a", every_seconds=60, horizon=1)
    specs = {
        "photo": ImageSpec(statistics=ONE),
        "review": text_spec,
        "sound": AudioSpec(rate=8000),
        "window": window,
        "row": vocabulary,
        "place": GeoSpec(latitude="latitude", longitude="longitude"),
        "embedding": VectorSpec(statistics=ONE, column="vector"),
    }
    return values, specs


def write_rows(
    table: Path, task: str, inputs: dict[str, Values], specs: dict[str, Any], target: Values, shards: Sequence[int]
) -> Version:
    """Commit a version with one split, `train`; row i has the path `i.raw` and the weight i / 4."""
    rows = sum(shards)
    columns = {"path": IDENTITY, "label": target.column, **{name: one.column for name, one in inputs.items()}}
    columns |= {"content_hash": IDENTITY, "weight": WEIGHT}
    stored = {"path": [f"{row}.raw" for row in range(rows)], "label": target.stored}
    stored |= {name: one.stored for name, one in inputs.items()}
    stored |= {"content_hash": [str(row) for row in range(rows)], "weight": [row / 4 for row in range(rows)]}
    made = pa.Table.from_pydict(stored, schema=arrow_schema(columns))
    contract = Contract.model_validate(
        {
            "columns": columns,
            "classes": CLASSES if task in TARGETS[:4] else (),
            "task": task,
            "input_specs": specs,
            "is_record": len(specs) > 1,
        }
    )
    ends = [0, *np.cumsum(shards).tolist()]
    written = [
        write_shard(made.slice(begin, end - begin), table, f"part-{number:05d}", "train")
        for number, (begin, end) in enumerate(pairwise(ends))
    ]
    counts = {"train": {"all": rows}}
    about = summary(contract=contract, rows_in=rows, written=rows, counts=counts)
    commit(open_base(table), written, made.schema, about.model_dump_json())
    return read(table)


def table_of_every_input(
    table: Path, shards: Sequence[int], seed: int = 0
) -> tuple[Version, dict[str, Values], Values]:
    """Write rows with every kind of input and one class each; return them beside the values of inputs and labels."""
    random, rows = np.random.default_rng(seed), sum(shards)
    values, specs = inputs_of_every_kind(table, rows, random)
    target = targets("classification", rows, random)
    return write_rows(table, "classification", values, specs, target, shards), values, target


def table_of_images(table: Path, task: str, shards: Sequence[int], seed: int = 0) -> tuple[Version, Values, Values]:
    """Write images with labels of the kind `task`; return the version, the pixels and the labels."""
    random, rows = np.random.default_rng(seed), sum(shards)
    pixels, target = arrays(SHAPE, "uint8", rows, random), targets(task, rows, random)
    specs = {"image": ImageSpec(statistics=ONE)}
    return write_rows(table, task, {"image": pixels}, specs, target, shards), pixels, target
