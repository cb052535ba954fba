"""Group rows by their labels in profiles of drift."""

import numpy as np

from headrace.contract import Contract
from headrace.prepare.encoders.label_text import INDEX_TYPE

NO_LABEL = "no label"


def target_label(target: bytes, contract: Contract) -> tuple[str, ...]:
    """Return the sorted names of the labels."""
    return tuple(sorted(profile_groups(target, contract)))


def profile_groups(target: bytes, contract: Contract) -> tuple[str, ...]:
    """Return the labels, or `NO_LABEL`."""
    return tuple(contract.classes[index] for index in np.frombuffer(target, INDEX_TYPE).tolist()) or (NO_LABEL,)


def statistics(target: bytes) -> dict[str, float]:
    """Return nothing: labels are counted."""
    return {}
