"""Convert degrees of latitude and longitude to four features between -1 and 1, and back.

Neighbours on both sides of the 180th meridian have similar features, although their degrees differ.
"""

import json
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.inputs.geo import Geo
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.number_notation_and_float32_warnings import number_hint, parse_float32
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

FEATURES = 4
NO_LOCATION = np.zeros(FEATURES, np.float32)


def read_location(text: str, section: Geo) -> NDArray[np.float32]:
    """Return the features of the cells of a row, as JSON text: (4,) sine and cosine of latitude and of longitude.

    Raises:
        RejectedRecordError: a coordinate is missing, no number, or out of range.
    """
    cells: Mapping[str, str | None] = json.loads(text)
    texts = [normalize_label(cells[name]) or "" for name in section.columns]
    if not any(texts) and section.missing == "empty":
        return NO_LOCATION
    latitude, longitude = (_degrees(name, one) for name, one in zip(section.columns, texts, strict=True))
    if abs(latitude) > 90:
        swapped = f"; {section.latitude} and {section.longitude} may be swapped" if abs(longitude) <= 90 else ""
        raise RejectedRecordError(
            Reason.BAD_VALUE, f"{section.latitude} is {latitude:g}, and a latitude is -90 to 90 degrees{swapped}"
        )
    if not -180 <= longitude <= 360:
        raise RejectedRecordError(
            Reason.BAD_VALUE,
            f"{section.longitude} is {longitude:g}, and a longitude is -180 to 180, or 0 to 360 degrees",
        )
    angles = np.radians(np.array([latitude, longitude]))
    return np.stack([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32).reshape(FEATURES)


def _degrees(name: str, text: str) -> float:
    if not text:
        raise RejectedRecordError(Reason.BAD_VALUE, f"{name} is missing")
    number = parse_float32(text)
    if not math.isfinite(number):
        hint = number_hint(text) or "; expected decimal degrees, such as 52.52"
        raise RejectedRecordError(Reason.BAD_VALUE, f"{name} is {text!r:.60}, which is not a number{hint}")
    return float(number)


def to_degrees(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return latitude and longitude of each row, (rows, 2) degrees, from (rows, 4) features; NaN where all are 0."""
    pairs = features.astype(np.float64).reshape(-1, 2, 2)
    degrees = np.degrees(np.arctan2(pairs[:, :, 0], pairs[:, :, 1]))
    return np.where((features == 0).all(axis=1)[:, None], np.nan, degrees)


def observe(features: NDArray[np.float32], path: str, observations: Observations) -> None:
    """Note the location of a record, from its (4,) features."""
    ((latitude, longitude),) = to_degrees(features[None])
    observations.locations.add(float(latitude), float(longitude), path)


def describe(features: NDArray[np.float32]) -> str:
    """Return a location in words, from its (4,) features."""
    ((latitude, longitude),) = to_degrees(features[None])
    return "no location" if math.isnan(latitude) else f"latitude {latitude:.4f}, longitude {longitude:.4f}"
