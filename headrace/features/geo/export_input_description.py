"""Describe the locations that an exported model takes as input."""

from headrace.bundle import Bundle
from headrace.features.geo.coordinates import FEATURES


def describe_input(bundle: Bundle) -> str:
    """See `ExportInputInterface`."""
    return (
        f"locations (rows, {FEATURES}), any number of rows: sine and cosine of the latitude, then sine and cosine of "
        "the longitude; four zeros where there is none."
    )
