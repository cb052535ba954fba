"""Texts in an exported model: token ids, padded with zeros."""

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import TOKENIZER, Bundle
from headrace.contract import Contract

MAX_TOKENS = 64


def model_dtype(contract: Contract) -> str:
    """Return int32, whatever the type in which a table stores token ids."""
    return "int32"


def describe_input(bundle: Bundle) -> str:
    """See `ServingInterface`."""
    return (
        "token numbers (rows, length), any number of rows and any length; shorter texts are padded with zeros. The "
        f"model takes no strings: clean a text as `prepare` describes, tokenize it with {TOKENIZER}, keep the first "
        f"{bundle.contract.text_tokenizer.max_length} tokens."
    )


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.int32]:
    """Return random tokens (rows, longest length), each row padded with zeros as in a batch of a table."""
    tokenizer = contract.text_tokenizer
    lengths = random.integers(1, min(MAX_TOKENS, tokenizer.max_length) + 1, rows)
    tokens = random.integers(1, tokenizer.vocabulary_size, (rows, lengths.max()), "int32")
    return np.where(np.arange(lengths.max()) < lengths[:, None], tokens, 0).astype(np.int32)


def encoded_inputs(contract: Contract) -> None:
    """Return None: an exported model takes no text files."""
