"""Predictions of one class per record."""

import numpy as np
import pyarrow as pa

from headrace.predict.outputs.prediction_columns_interface import PATH, PROBABILITIES, ModelOutputs, probability_lists

SCHEMA = pa.schema([PATH, pa.field("label", pa.string(), nullable=False), PROBABILITIES])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the most probable class, or the second of two from the threshold on, and all probabilities."""
    probabilities = np.concatenate(outputs.batches)
    chosen = probabilities.argmax(axis=1)
    if outputs.threshold is not None:
        chosen = (probabilities[:, 1] >= outputs.threshold).astype(np.int64)
    return [pa.array(outputs.classes).take(pa.array(chosen)), probability_lists(probabilities)]
