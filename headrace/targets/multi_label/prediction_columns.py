"""Predictions of any number of labels per record."""

import numpy as np
import pyarrow as pa

from headrace.predict.outputs.prediction_columns_interface import (
    HALF,
    PATH,
    PROBABILITIES,
    ModelOutputs,
    probability_lists,
)

# A record may have no label.
SCHEMA = pa.schema([PATH, pa.field("labels", pa.list_(pa.string()), nullable=False), PROBABILITIES])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the labels from the threshold on, and all probabilities."""
    probabilities = np.concatenate(outputs.batches)
    given = probabilities >= (HALF if outputs.threshold is None else outputs.threshold)
    names = pa.array(outputs.classes).take(pa.array(np.nonzero(given)[1]))
    offsets = np.append(0, np.cumsum(given.sum(1))).astype(np.int32)
    return [pa.ListArray.from_arrays(offsets, names), probability_lists(probabilities)]
