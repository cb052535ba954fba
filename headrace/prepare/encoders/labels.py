"""Labels: their normal form, and for multi_label records their text form in sources and stored form in tables."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

# Type of a stored class index.
INDEX_TYPE = np.dtype("<i4")


# Texts that pandas, databases and Hive write for a missing value.
MISSING = frozenset(("nan", "null", "<na>", "\\n"))


def normalize_label(text: str | None) -> str | None:
    """Return a label in Unicode NFC without white space around it; None if it stands for a missing value.

    An empty label stays empty: for a multi_label record it means that the record has no class.
    """
    if text is None:
        return None
    stripped = unicodedata.normalize("NFC", text).strip()
    return None if stripped.lower() in MISSING else stripped


def parse_labels(text: str, separator: str) -> tuple[str, ...]:
    """Return the names in a JSON list, or else between separators; each once, as `normalize_label` returns them."""
    names = _parse_json_list(text)
    cleaned = map(normalize_label, text.split(separator) if names is None else names)
    return tuple(dict.fromkeys(name for name in cleaned if name))


def format_labels(names: Iterable[object]) -> str:
    """Return the text from which `parse_labels` restores these names."""
    return json.dumps([str(name) for name in names], ensure_ascii=False)


def encode_labels(indices: Iterable[int]) -> bytes:
    """Return the bytes that a table stores for these class indices: sorted, little-endian int32."""
    return np.array(sorted(indices), INDEX_TYPE).tobytes()


def count_labels(split: str, labels: pa.ChunkedArray) -> Counter[tuple[str, int]]:
    """Return the rows by split and class index, from a column of stored labels."""
    indices = np.frombuffer(b"".join(labels.to_pylist()), INDEX_TYPE)
    return Counter({(split, index): rows for index, rows in enumerate(np.bincount(indices).tolist()) if rows})


def _parse_json_list(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        names = json.loads(text)
    except ValueError:
        return None
    return [str(name) for name in names]
