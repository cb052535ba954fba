"""Bundles of small networks that have learned something known: where a bright patch is, or which word is there."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace import bundle
from headrace.config.configuration_model import Prepare
from headrace.config.sections.inputs.image_and_text import Text, Tokens
from headrace.contract import Contract
from headrace.features.text.contract_spec import TextSpec
from headrace.features.text.record_encoder_in_preparation import text_columns
from headrace.networks.network_build_and_checks import build_model
from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.prepare.text.tokenizer import WordCount, encode, save_tokenizer, split_words, token_dtype, word_tokenizer
from headrace.table import Summary, Version, read
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base
from tests.support.shipped_networks import MODELS, SMALL, TEXT
from tests.support.small_table import CLASSES, Content, Rows, write_table
from tests.support.table_columns import table_columns

SHAPE = (16, 12, 3)
# Of each class: rows and columns of its bright patch, and its word.
PATCHES = ((slice(2, 6), slice(1, 5)), (slice(2, 6), slice(7, 11)), (slice(10, 14), slice(4, 8)))
WORDS = ("splendid", "dreadful", "middling")
SENTENCES = ("The film was {} , we thought .", "A {} evening with many people", "It is {} and long", "{} , said she")
TEXT_FORM = Text(tokens=Tokens(min_count=1, max_length=40))


def patched(rows: int, seed: int = 0) -> Rows:
    """Return dark noise with the patch of each image's class."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 60, (rows, *SHAPE), "uint8")
    labels = [row % len(CLASSES) for row in range(rows)]
    for row, label in enumerate(labels):
        pixels[(row, *PATCHES[label])] += 170
    return Rows(pixels=pixels, labels=labels, shards=[rows])


def sentences(rows: int) -> tuple[list[str], list[int]]:
    """Return texts and their classes."""
    labels = [row % len(WORDS) for row in range(rows)]
    return [SENTENCES[row // 3 % len(SENTENCES)].format(WORDS[label]) for row, label in enumerate(labels)], labels


def image_table(folder: Path, codec: str = "raw") -> Version:
    """Write a table of training and test images."""
    return write_table(folder, Content(splits={"train": patched(48), "test": patched(30, seed=1)}, codec=codec))


def text_table(folder: Path, extra: str = "") -> Version:
    """Write a table of training and test texts, with a tokenizer trained on them, and often on `extra`."""
    texts, labels = sentences(48)
    counts = Counter(word for text in texts for word in split_words(text, TEXT_FORM))
    counts.update(dict.fromkeys(split_words(extra, TEXT_FORM), 1000))
    tokenizer = save_tokenizer(
        word_tokenizer([WordCount(*pair) for pair in counts.items()], TEXT_FORM), TEXT_FORM, folder
    )
    columns = table_columns(text_columns(tokenizer, token_dtype(tokenizer)))
    schema = arrow_schema(columns)
    rows = {
        "path": [str(number) for number in range(len(texts))],
        "label": labels,
        "tokens": encode(texts, tokenizer, folder),
        "content_hash": texts,
    }
    made = pa.Table.from_pydict(rows, schema=schema)
    shards = [write_shard(made, folder, f"part-{split}", split) for split in ("train", "test")]
    counted = {split: {name: labels.count(n) for n, name in enumerate(CLASSES)} for split in ("train", "test")}
    summary = Summary(
        contract=Contract(columns=columns, classes=CLASSES, input_specs={"tokens": TextSpec(tokenizer=tokenizer)}),
        rows_in=96, written=96, rejected=0, duplicates=0, counts=counted, rejects={}, rejects_version=None,
        source={"kind": "table", "path": "raw"}, fingerprint="small", seconds=0.0,
        settings=Prepare(input="text", text=TEXT_FORM).model_dump(mode="json"),
    )  # fmt: skip
    commit(open_base(folder), shards, schema, summary.model_dump_json())
    return read(folder)


def table_for(network: str, folder: Path) -> Version:
    """Write a table of inputs that the network in models/ takes."""
    return text_table(folder) if network in TEXT else image_table(folder)


def trained(network: str, version: Version, target: Path) -> Path:
    """Return a bundle of the network in models/, trained on `version` until it distinguishes the classes."""
    import keras

    path = next(path for path in MODELS if path.stem == network)
    options = SMALL[network] | {"dropout": 0.0}
    keras.utils.set_random_seed(5)
    model = build_model(path, version.contract, options)
    fit(model, *read_arrays(version))
    return write(target, path, model, version, options)


def read_arrays(version: Version) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return inputs and labels of the training split."""
    tokenizer = version.contract.spec.vocabulary
    if tokenizer is None:
        rows = patched(48)
        return rows.pixels, np.array(rows.labels, np.int32)
    texts, labels = sentences(48)
    stored = encode(texts, tokenizer, version.table)
    numbers = [np.frombuffer(one, token_dtype(tokenizer)).astype(np.int32) for one in stored]
    longest = max(map(len, numbers))
    return np.stack([np.pad(one, (0, longest - len(one))) for one in numbers]), np.array(labels, np.int32)


def fit(model: Any, inputs: NDArray[Any], labels: NDArray[np.int32]) -> None:
    """Fit the model in a few seconds."""
    import keras

    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(inputs, labels, epochs=25, batch_size=48, shuffle=False, verbose=0)


def write(target: Path, source: Path, model: Any, version: Version, options: dict[str, Any]) -> Path:
    """Write the bundle as training does."""
    origin = bundle.Origin(
        run="run",
        table=str(version.table),
        data_version=version.number,
        steps=25,
        weights_sha256="0" * 64,
        settings=version.summary.settings,
        text_column="review" if version.contract.feature.is_text else None,
    )
    return bundle.write(target, model, source, version.contract, options, origin)
