"""Prediction of vectors, encoded as in training."""

from functools import partial

from headrace.config.configuration import Prepare
from headrace.config.sections.inputs.vector import Vector
from headrace.features.array_prediction_record_encoding import ArrayPreparer, encode_arrays
from headrace.features.vector.components import read_vector

encode = encode_arrays


def make_preparer(settings: Prepare) -> ArrayPreparer:
    """See `PredictionRecordEncodingInterface`."""
    return ArrayPreparer(partial(read_vector, section=settings.section(Vector)))
