"""Encode input vectors for prediction, as preparation does."""

from functools import partial

from headrace.config.configuration_model import Prepare
from headrace.config.sections.inputs.vector import Vector
from headrace.features.array_preparer_in_prediction import ArrayPreparer, encode_arrays
from headrace.features.vector.vector_cell_parser import read_vector

encode = encode_arrays


def make_preparer(settings: Prepare) -> ArrayPreparer:
    """See `PredictionEncoderInterface`."""
    return ArrayPreparer(partial(read_vector, section=settings.section(Vector)))
