"""Baselines predict with rows of the window, and only where the window has them."""

from typing import Any

import numpy as np
import pytest

from headrace.contract import Column, Contract
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.features.contract_spec import Statistics
from headrace.features.windows.contract_spec import WindowSpec
from headrace.targets.regression.evaluation import Regression
from headrace.targets.regression.naive_forecasts import Baselines, baseline_rows


def make_contract(length: int = 48, **about: Any) -> Contract:
    """Return a contract of windows of two columns."""
    statistics = Statistics(mean=(0.0, 0.0), variance=(1.0, 1.0))
    windows = {
        "statistics": statistics,
        "values": ("wind", "warmth"),
        "label": "warmth",
        "every_seconds": 3600,
        "horizon": 6,
        "season": 24,
    }
    return Contract(
        columns={"window": Column(role="input", codec="raw", dtype="float32", shape=(length, 2))},
        task="regression",
        input_specs={"window": WindowSpec(**(windows | about))},
    )


@pytest.mark.parametrize(("horizon", "season", "row"), [(6, 24, 29), (24, 24, 47), (25, 24, 24), (1, 2, 46)])
def test_seasonal_baseline_is_whole_seasons_before_the_target(horizon: int, season: int, row: int) -> None:
    rows = baseline_rows(make_contract(horizon=horizon, season=season))
    assert rows == {"persistence": 47, "seasonal": row}
    assert (47 + horizon - row) % season == 0


def test_baseline_is_absent_where_window_lacks_its_row() -> None:
    assert baseline_rows(make_contract(length=12)) == {"persistence": 11}
    assert baseline_rows(make_contract(season=None)) == {"persistence": 47}
    assert baseline_rows(make_contract(label="rain")) == {}
    assert Baselines(make_contract(label="rain")).predictions() == {}


@pytest.mark.parametrize(("length", "warned"), [(12, True), (18, True), (19, False)])
def test_windows_without_a_seasonal_baseline_say_which_length_has_one(
    length: int, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The season was set for this baseline."""
    Baselines(make_contract(length=length))
    assert ("Set prepare.windows.length to 19 or more" in caplog.text) == warned
    assert ("seasonal" in baseline_rows(make_contract(length=length))) != warned


def test_regression_reports_errors_of_baselines() -> None:
    inputs = np.random.default_rng(1).normal(size=(5, 48, 2)).astype(np.float32)
    targets = inputs[:, 29, 1] + 0.5
    judge = Regression(baselines=Baselines(make_contract()))
    for part in (slice(0, 2), slice(2, 5)):
        judge.add(EvaluationBatch(np.arange(5)[part], targets[part], inputs[part], targets[part, None]))
    found = judge.metrics()
    assert found["metrics"]["mean_absolute_error"] == 0
    assert found["baselines"]["seasonal"]["mean_absolute_error"] == pytest.approx(0.5)
    persistence = float(np.abs(inputs[:, -1, 1] - targets).mean())
    assert found["baselines"]["persistence"]["mean_absolute_error"] == pytest.approx(persistence)
