"""Places that may be missing, or radians, are warned of."""

import json

import pytest

from headrace.config.sections.preparation import Prepare
from headrace.features.geo.record_encoder_in_prediction import make_preparer
from headrace.features.geo.record_encoder_in_preparation import make_encoder
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.sources.raw_file_and_record import RawRecord

SETTINGS = Prepare.model_validate({"input": "geo", "geo": {"latitude": "lat", "longitude": "lon", "missing": "empty"}})
RADIANS = [(-1.5 + number / 10, -3.1 + number / 5) for number in range(30)]


def warnings(locations: list[tuple[float | None, float | None]]) -> list[str]:
    """Return the warnings of `prepare`, which are those of `predict`, of two tasks with half of the locations each."""
    found = []
    encoders, preparers = [make_encoder(SETTINGS), make_encoder(SETTINGS)], [make_preparer(SETTINGS)]
    for number, (latitude, longitude) in enumerate(locations):
        texts = {"lat": latitude, "lon": longitude}
        cells = json.dumps({name: None if one is None else str(one) for name, one in texts.items()})
        encoders[2 * number // len(locations)].row(RawRecord(f"a/{number}", "x", None, cells))
        preparers[0].prepare(cells, f"a/{number}")
    for one in (encoders, preparers):
        total = Observations()
        for encoder in one:
            total.update(encoder.take_observations())
        found.append(total.warnings(None))
    assert found[0] == found[1]
    return found[0]


def test_places_at_zero_are_warned_of() -> None:
    locations = [(52.5, 13.4), (0.0, 0.0), (0, 13.4), (None, None), (-0.0, 360.0)]
    assert warnings(locations) == [
        "2 records have the location of latitude 0 and longitude 0, in the sea, such as 'a/1'; if it marks a missing "
        "location, leave the cells empty."
    ]


def test_radians_are_warned_of() -> None:
    (warning,) = warnings(list(RADIANS))
    assert warning.startswith("All latitudes are within 1.5, and all longitudes within 3.1 degrees of 0, as radians")


@pytest.mark.parametrize("locations", [[*RADIANS, (52.5, 13.4)], RADIANS[:19], [(None, None)] * 30])
def test_degrees_and_few_places_are_not_warned_of(locations: list[tuple[float | None, float | None]]) -> None:
    assert warnings(locations) == []
