"""The labels of a record that belongs to any number of classes: how they are written, and how they are stored."""

import json
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

# Of a number of a class.
STORED = np.dtype("<i4")


def parse_labels(text: str, separator: str) -> tuple[str, ...]:
    """The names in a JSON list, or else those between separators; each once, without the space around it."""
    names = _listed(text)
    found = (name.strip() for name in (text.split(separator) if names is None else names))
    return tuple(dict.fromkeys(name for name in found if name))


def format_labels(names: Iterable[object]) -> str:
    """The text of which `parse_labels` makes these names again."""
    return json.dumps([str(name) for name in names], ensure_ascii=False)


def encode_labels(numbers: Iterable[int]) -> bytes:
    """What a table holds for the classes of these numbers."""
    return np.array(sorted(numbers), STORED).tobytes()


def count_labels(split: str, labels: pa.ChunkedArray) -> Counter[tuple[str, int]]:
    """Rows by split and class, of a column of stored labels."""
    numbers = np.frombuffer(b"".join(labels.to_pylist()), STORED)
    return Counter({(split, number): rows for number, rows in enumerate(np.bincount(numbers).tolist()) if rows})


def _listed(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        names = json.loads(text)
    except ValueError:
        return None
    return [str(name) for name in names]
