"""Random texts to compare an export with its bundle or to probe a model, and an example for MLflow."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.text.contract_spec import TextSpec

MAX_TOKENS = 64


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.int32]:
    """Return random tokens (rows, longest length), each row padded with zeros as in a batch of a table."""
    tokenizer = TextSpec.of(contract).tokenizer
    lengths = random.integers(1, min(MAX_TOKENS, tokenizer.max_length) + 1, rows)
    tokens = random.integers(1, tokenizer.vocabulary_size, (rows, lengths.max()), "int32")
    return np.where(np.arange(lengths.max()) < lengths[:, None], tokens, 0).astype(np.int32)


def mlflow_input_example(contract: Contract) -> str:
    """Return a text."""
    return "An example of a text."
