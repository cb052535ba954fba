"""Columns of the predictions of regression models: one number for each record."""

import numpy as np
import pyarrow as pa

from headrace.predict.outputs.prediction_columns_interface import PATH, ModelOutputs

SCHEMA = pa.schema([PATH, pa.field("value", pa.float32(), nullable=False)])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the numbers."""
    return [pa.array(np.concatenate(outputs.batches)[:, 0])]
