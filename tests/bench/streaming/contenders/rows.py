"""Shared by every contender: the rows to store in its own format, and the clock."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

BATCH = 128
WORKERS = 2
PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


# Reads the epoch with this number and returns the number of rows.
Epoch = Callable[[int], int]


class Rows(NamedTuple):
    """Stored inputs, their labels, codec and shape."""

    inputs: list[bytes]
    labels: np.ndarray
    codec: str
    shape: tuple[int, ...]


def save(folder: Path, rows: Rows) -> None:
    """Write `rows` for `load`."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "ends.npy", np.cumsum([len(data) for data in rows.inputs]))
    np.save(folder / "labels.npy", rows.labels)
    (folder / "data.bin").write_bytes(b"".join(rows.inputs))
    (folder / "about.json").write_text(json.dumps({"codec": rows.codec, "shape": rows.shape}))


def load(folder: Path) -> Rows:
    """Return the rows in `folder`."""
    about = json.loads((folder / "about.json").read_text())
    data, ends = (folder / "data.bin").read_bytes(), np.load(folder / "ends.npy")
    inputs = [data[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    return Rows(inputs, np.load(folder / "labels.npy"), about["codec"], tuple(about["shape"]))


def run(prepare: Callable[[Rows, Path], None], opened: Callable[[Path, Rows], Epoch], name: str) -> None:
    """Run `NAME.py [--option] FOLDER`: store the rows unless they are; read one epoch to warm up; measure another.

    Args:
        opened: builds whatever can serve several epochs, outside the clock.
    """
    folder = Path(sys.argv[-1])
    rows, stored = load(folder), folder / name
    if not stored.exists():
        prepare(rows, stored)
    epoch = opened(stored, rows)
    epoch(0)
    began, used = time.perf_counter(), _processor_seconds()
    count = epoch(1)
    seconds, used = time.perf_counter() - began, _processor_seconds() - used
    if count < len(rows.labels) - BATCH:
        sys.exit(f"{name} gave {count} of {len(rows.labels)} rows")
    print(json.dumps({"rows_per_second": count / seconds, "processor_microseconds_a_row": 1e6 * used / count}))


def _processor_seconds() -> float:
    """Return the processor time of this process and its ended children, as loaders end with an epoch."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, PROCESSES))
