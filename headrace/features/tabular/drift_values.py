"""Values of a stored row that are compared for drift: each column."""

import numpy as np

from headrace.contract import Contract
from headrace.features.tabular.contract_spec import TabularSpec


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return the value of each column of the row."""
    values = np.frombuffer(payload, "<f4").tolist()
    return dict(zip(TabularSpec.of(contract).names, values, strict=True))
