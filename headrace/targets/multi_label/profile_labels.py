"""Rows of a profile by label; a row counts for each of its labels."""

import numpy as np

from headrace.contract import Contract
from headrace.prepare.encoders.label_text import INDEX_TYPE

NO_LABEL = "no label"


def name_target(target: bytes, contract: Contract) -> tuple[str, ...]:
    """Return the sorted names of the labels."""
    return tuple(sorted(counted_names(target, contract)))


def counted_names(target: bytes, contract: Contract) -> tuple[str, ...]:
    """Return the labels, or `NO_LABEL`."""
    return tuple(contract.classes[index] for index in np.frombuffer(target, INDEX_TYPE).tolist()) or (NO_LABEL,)


def statistics(target: bytes) -> dict[str, float]:
    """Return nothing: labels are counted."""
    return {}
