"""Drift of vectors is that of their norm and of the mean of their components."""

import numpy as np
import pytest

from headrace.contract import Contract
from headrace.targets.vector.gate_slices_and_drift_statistics import profile_groups, statistics, target_label


def test_statistics_are_norm_and_mean() -> None:
    stored = np.array([3, -4], "<f4").tobytes()
    assert statistics(stored) == pytest.approx({"target norm": 5, "target mean": -0.5})
    contract = Contract(columns={}, task="vector")
    assert profile_groups(0.0, contract) == ("all rows",)
    assert target_label(stored, contract) == stored
