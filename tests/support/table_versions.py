"""A summary and shards for tests of the log, without a preparation."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from headrace.contract import Column, Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.table import Shard, Summary
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base, with_contract

LABEL = Column(role="target", codec="plain", dtype="int32")


SCHEMA = pa.schema([with_contract(pa.field("label", pa.int32(), nullable=False), LABEL)])


def summary(**changes: Any) -> Summary:
    """Return a summary of one cat in split train, with `changes`."""
    spec = ImageSpec(statistics=Statistics(mean=(1 / 3,), variance=(0.1,)))
    image = Column(role="input", codec="raw", dtype="uint8", shape=(2, 2, 1))
    contract = Contract(columns={"label": LABEL, "image": image}, classes=("cat", "dog"), input_specs={"image": spec})
    tree = {
        "contract": contract,
        "rows_in": 1,
        "written": 1,
        "rejected": 0,
        "duplicates": 0,
        "counts": {"train": {"cat": 1}},
        "rejects": {},
        "rejects_version": None,
        "source": {"kind": "folder", "path": "raw"},
        "fingerprint": "f",
        "settings": {},
        "seconds": 0.1,
    }
    return Summary.model_validate(tree | changes)


def shard(table: Path, label: int = 0, split: str = "train") -> Shard:
    """Write a shard of one row."""
    return write_shard(pa.table({"label": pa.array([label], pa.int32())}, SCHEMA), table, f"shard{label}", split)


def add_version(table: Path, label: int = 0, **changes: Any) -> int:
    """Commit a version of one row."""
    base = open_base(table)
    return commit(base, [shard(table, label)], SCHEMA, summary(**changes).model_dump_json())
