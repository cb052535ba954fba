"""Small tables of tokenized texts, in the format of `headrace prepare`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from headrace.config.configuration_model import Prepare
from headrace.contract import Column, Contract
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.table import Summary, Version, read
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base, with_contract

CLASSES = ("good", "bad", "neither")


def some_texts(rows: int, longest: int = 100, seed: int = 0) -> list[list[int]]:
    """Return token ids of `rows` texts of 2 to `longest` tokens; the first token identifies the row."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, longest + 1, rows)
    return [[2 + row % 30_000, *rng.integers(2, 30_000, length - 1).tolist()] for row, length in enumerate(lengths)]


def write_texts(
    table: Path, texts: Sequence[Sequence[int]], shard_rows: int = 25, dtype: str = "uint16", longest: int = 100
) -> Version:
    """Commit `texts` as the training split of `table`, with the labels in turn."""
    columns = {
        "label": Column(role="target", codec="plain", dtype="int32"),
        "tokens": Column(role="input", codec="tokens", dtype=dtype, shape=(None,)),
    }
    kinds = {"label": pa.int32(), "tokens": pa.binary()}
    schema = pa.schema([with_contract(pa.field(name, kinds[name], nullable=False), columns[name]) for name in columns])
    stored = [np.array(text, np.dtype(dtype).newbyteorder("<")).tobytes() for text in texts]
    labels = [row % len(CLASSES) for row in range(len(texts))]
    shards = [
        write_shard(
            pa.table([labels[begin : begin + shard_rows], stored[begin : begin + shard_rows]], schema=schema),
            table,
            f"part-{begin:05d}",
            "train",
        )
        for begin in range(0, len(texts), shard_rows)
    ]
    tokenizer = Tokenizer(kind="word", file="t.json", sha256="0" * 64, vocabulary_size=30_002, max_length=longest)
    summary = Summary(
        contract=Contract(columns=columns, classes=CLASSES, input_specs={"tokens": TextSpec(tokenizer=tokenizer)}),
        rows_in=len(texts),
        written=len(texts),
        rejected=0,
        duplicates=0,
        counts={"train": {name: labels.count(number) for number, name in enumerate(CLASSES)}},
        rejects={},
        rejects_version=None,
        source={"kind": "folder", "path": "raw"},
        fingerprint="small",
        settings=Prepare().model_dump(mode="json"),
        seconds=0.0,
    )
    commit(open_base(table), shards, schema, summary.model_dump_json())
    return read(table)
