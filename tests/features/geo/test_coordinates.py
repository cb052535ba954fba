"""Degrees become features and come back; what is no location is rejected with its reason."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.inputs.geo import Geo
from headrace.features.geo.coordinates import NO_LOCATION, describe, read_location, to_degrees
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError

SECTION = Geo(latitude="lat", longitude="lon")
EMPTY = Geo(latitude="lat", longitude="lon", missing="empty")


def cells(latitude: object, longitude: object) -> str:
    """Return the cells of a row as text."""
    texts = (None if one is None else str(one) for one in (latitude, longitude))
    return json.dumps(dict(zip(SECTION.columns, texts, strict=True)))


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_degrees_come_back(latitude: float, longitude: float) -> None:
    features = read_location(cells(latitude, longitude), SECTION)
    assert features.shape == (4,)
    ((north, east),) = to_degrees(features[None])
    assert north == pytest.approx(latitude, abs=1e-4)
    assert (east - longitude + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)


def test_features_are_sine_and_cosine_of_each_coordinate() -> None:
    angles = np.radians([52.52, 13.405])
    expected = [np.sin(angles[0]), np.cos(angles[0]), np.sin(angles[1]), np.cos(angles[1])]
    assert read_location(cells("52.52", "13.405"), SECTION) == pytest.approx(expected, abs=1e-6)


def test_neighbours_across_the_180th_meridian_are_near() -> None:
    west, east = (read_location(cells(0, degrees), SECTION) for degrees in (-179.9, 179.9))
    assert np.abs(west - east).max() < 0.01
    assert np.array_equal(read_location(cells(0, 190), SECTION), read_location(cells(0, -170), SECTION))


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        (None, "13.4", "lat is missing"),
        ("52.5", "", "lon is missing"),
        (None, None, "lat is missing"),
        ("13.4", "north", "lon is 'north', which is not a number; expected decimal degrees"),
        ("52°31'", "13.4", "lat is .* which is not a number"),
        ("nan", "13.4", "lat is missing"),
        ("1e400", "13.4", "lat is '1e400'"),
        ("91", "181", "a latitude is -90 to 90 degrees$"),
        ("113.4", "52.5", "a latitude is -90 to 90 degrees; lat and lon may be swapped"),
        ("52.5", "361", "a longitude is -180 to 180, or 0 to 360 degrees"),
    ],
)
def test_what_is_no_place_is_rejected(latitude: object, longitude: object, reason: str) -> None:
    with pytest.raises(RejectedRecordError, match=reason):
        read_location(cells(latitude, longitude), SECTION)


def test_missing_place_may_be_four_zeros_and_half_a_place_may_not() -> None:
    assert np.array_equal(read_location(cells(None, " "), EMPTY), NO_LOCATION)
    assert describe(NO_LOCATION) == "no location"
    assert np.isnan(to_degrees(NO_LOCATION[None])).all()
    with pytest.raises(RejectedRecordError, match="lon is missing"):
        read_location(cells("52.5", None), EMPTY)


def test_place_is_described_in_degrees() -> None:
    assert describe(read_location(cells("52.52", "-13.405"), SECTION)) == "latitude 52.5200, longitude -13.4050"


def test_section_needs_two_columns() -> None:
    with pytest.raises(ValueError, match="`latitude` and `longitude` are both 'x'"):
        Geo(latitude="x", longitude="x")
