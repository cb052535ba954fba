"""Texts as one field of a record of several inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.contract import Column, Contract
from headrace.errors import DataError
from headrace.features.multi_input_preparation_interface import FittedInput
from headrace.features.text.contract_spec import TextSpec
from headrace.features.text.record_encoder_in_preparation import text_columns
from headrace.prepare.kept_record_findings import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.incremental_plan_and_task_context import PrepareContext


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `MultiInputPreparationInterface`."""
    return {"text": ""}


def fit(spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]) -> FittedInput:
    """See `MultiInputPreparationInterface`.

    Raises:
        DataError: no word is frequent enough.
    """
    # Tokenizers are imported only where there are texts.
    from headrace.prepare.text.train_tokenizer_and_tokenize import train_tokenizer

    try:
        return FittedInput(TextSpec(tokenizer=train_tokenizer(spark, context, training, column)))
    except DataError as error:
        raise DataError(f"The input {column}: {error}") from None


def final_column(settings: Prepare, spec: TextSpec) -> Column:
    """See `MultiInputPreparationInterface`."""
    from headrace.prepare.text.tokenizer import token_dtype

    (column,) = text_columns(spec.tokenizer, token_dtype(spec.tokenizer)).values()
    return column


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.Array:
    """See `MultiInputPreparationInterface`."""
    from headrace.prepare.text import tokenizer

    noun = f"texts of {contract.named('input')[0]!r}"
    stored = tokenizer.encode(values.to_pylist(), TextSpec.of(contract).tokenizer, folder, observations, noun)
    return pa.array(stored, pa.binary())


def empty_input(contract: Contract) -> bytes:
    """See `MultiInputPreparationInterface`; a text without tokens."""
    return np.array([], contract.named("input")[1].dtype).tobytes()


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `MultiInputPreparationInterface`; the tokens, of which the following ones move up."""
    from headrace.prepare.text.tokenizer import encode_with_spans

    text = str(staged)
    (tokens,) = encode_with_spans([text], TextSpec.of(contract).tokenizer, folder)
    left_out = (np.append(np.delete(decoded, at), 0).astype(decoded.dtype) for at in range(len(tokens.ids)))
    return [(text[start:stop], without) for (start, stop), without in zip(tokens.spans, left_out, strict=True)]
