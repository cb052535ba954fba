"""Statistics of texts: number of tokens and share of unknown tokens."""

import numpy as np

from headrace.contract import Contract

UNKNOWN_TOKEN = 1


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return the number of tokens, and the fraction of them that the tokenizer does not know."""
    column = contract.named("input")[1]
    tokens = np.frombuffer(payload, np.dtype(column.dtype).newbyteorder("<"))
    unknown = float(np.mean(tokens == UNKNOWN_TOKEN)) if len(tokens) else 0.0
    return {"tokens": float(len(tokens)), "unknown": unknown}
