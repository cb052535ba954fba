"""Expectations of statistics hold in any unit, and what was received never looks like what was expected."""

import pytest

from headrace.config.sections.expectations import Expectations
from headrace.contract import Column, Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.prepare.quality.expectations import find_breaches
from headrace.table import Summary
from tests.support.table_versions import summary


def version(mean: float, deviation: float) -> Summary:
    """Return the summary of a version with these statistics of its only channel."""
    statistics = Statistics(mean=(mean,), variance=(deviation**2,))
    image = Column(role="input", codec="raw", dtype="uint8", shape=(2, 2, 1))
    specs = {"image": ImageSpec(statistics=statistics)}
    contract = Contract(columns={"image": image}, classes=("a", "b"), input_specs=specs)
    return summary(contract=contract, rows_in=1, written=1)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_drift_of_the_mean_does_not_depend_on_the_unit(unit: float) -> None:
    before, after = version(5 * unit, unit), version(8 * unit, unit)
    (breach,) = find_breaches(after, before, Expectations(mean_drift=1.0))
    assert breach.startswith("mean_drift of channel 0 is 3.0000 standard deviations")
    assert not list(find_breaches(version(5.5 * unit, unit), before, Expectations(mean_drift=1.0)))


def test_any_other_mean_of_a_constant_channel_is_drift() -> None:
    (breach,) = find_breaches(version(5.1, 0.0), version(5.0, 0.0), Expectations(mean_drift=1.0))
    assert breach.startswith("mean_drift of channel 0 is inf standard deviations (5.000 to 5.100)")
    assert not list(find_breaches(version(5.0, 0.0), version(5.0, 0.0), Expectations(mean_drift=1.0)))


def test_mean_that_misses_its_range_by_little_is_told_from_it() -> None:
    (breach,) = find_breaches(version(0.99999, 1.0), None, Expectations.model_validate({"mean": {"min": 1.0}}))
    assert breach == "mean of channel 0 is 0.99999, expected 1 or more"
