"""Statistics of records: those of each input, under its name."""

from collections.abc import Mapping

from headrace.contract import Contract
from headrace.retrain.drift.drift_value_interfaces import drift_values_module


def statistics(payload: Mapping[str, bytes], contract: Contract) -> dict[str, float]:
    """Return the statistics of all inputs; `payload` has the stored value of each by name."""
    return {
        f"{name} {statistic}": value
        for name, one in contract.inputs.items()
        for statistic, value in drift_values_module(one.input_kind).statistics(payload[name], one).items()
    }
