"""Naive and seasonal naive forecasts as baselines for time series.

Hyndman, Athanasopoulos: Forecasting: principles and practice, 3rd edition (2021), section 5.2: the naive and the
seasonal naive method.
"""

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.windows.contract_spec import windows_of
from headrace.wording import quantity

log = logging.getLogger(__name__)


class Baselines:
    """Two baselines: persistence, the target's last value; seasonal, its value a whole number of seasons earlier."""

    def __init__(self, contract: Contract) -> None:
        self._rows = baseline_rows(contract)
        windows = windows_of(contract)
        if windows and windows.season and "persistence" in self._rows and "seasonal" not in self._rows:
            log.warning(
                "No seasonal baseline: a window of %s does not reach a season of %s before the row that it predicts. "
                "Set prepare.windows.length to %s or more.",
                quantity(int(contract.input_shape[0] or 0), "row"), windows.season,
                -(-windows.horizon // windows.season) * windows.season - windows.horizon + 1,
            )  # fmt: skip
        self._feature = windows.label_feature if windows else None
        self._predictions: dict[str, list[NDArray[np.float64]]] = {name: [] for name in self._rows}

    def add(self, inputs: NDArray[Any]) -> None:
        """Add the windows of one batch, (rows, length, features)."""
        for name, row in self._rows.items():
            self._predictions[name].append(inputs[:, row, self._feature].astype(np.float64))

    def predictions(self) -> dict[str, NDArray[np.float64]]:
        """Return the predictions for all windows, by baseline name."""
        return {name: np.concatenate(parts) for name, parts in self._predictions.items()}


def baseline_rows(contract: Contract) -> dict[str, int]:
    """Return the index of the window's row that each baseline predicts; empty if no feature is the target."""
    windows = windows_of(contract)
    if windows is None or windows.label_feature is None or contract.task != "regression":
        return {}
    length = int(contract.input_shape[0] or 0)
    rows = {"persistence": length - 1}
    if windows.season:
        seasons = -(-windows.horizon // windows.season)
        row = length - 1 + windows.horizon - seasons * windows.season
        rows |= {"seasonal": row} if row >= 0 else {}
    return rows
