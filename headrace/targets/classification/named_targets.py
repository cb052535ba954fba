"""Targets with names of classes instead of numbers."""

import pyarrow as pa

from headrace.contract import Contract

NAME, TYPE = "true_label", pa.string()


def named_targets(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the name of each row's class."""
    return pa.array(contract.classes, TYPE).take(stored)
