"""Prediction from locations, encoded as in training."""

from functools import partial

from headrace.config.configuration_model import Prepare
from headrace.config.sections.inputs.geo import Geo
from headrace.features.array_preparer_in_prediction import ArrayPreparer, encode_arrays
from headrace.features.geo.coordinates import observe, read_location

encode = encode_arrays


def make_preparer(settings: Prepare) -> ArrayPreparer:
    """See `PredictionEncoderInterface`."""
    return ArrayPreparer(partial(read_location, section=settings.section(Geo)), observe)
