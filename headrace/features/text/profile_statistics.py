"""Statistics of texts: number of tokens and share of unknown tokens."""

import numpy as np

from headrace.contract import Column

UNKNOWN_TOKEN = 1


def statistics(payload: bytes, column: Column) -> dict[str, float]:
    """Return the number of tokens, and the fraction of them that the tokenizer does not know."""
    tokens = np.frombuffer(payload, np.dtype(column.dtype).newbyteorder("<"))
    unknown = float(np.mean(tokens == UNKNOWN_TOKEN)) if len(tokens) else 0.0
    return {"tokens": float(len(tokens)), "unknown": unknown}
