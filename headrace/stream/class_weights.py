"""How much the rows of each class weigh in training."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headrace.errors import ConfigurationError
from headrace.table import Version

Wish = Literal["balanced"] | Mapping[str, float] | None


def class_weights(version: Version, wish: Wish) -> NDArray[np.float32] | None:
    """(classes,): the weight of each class's training rows; None where all weigh the same.

    `balanced` gives rows / (classes * rows of the class): every class weighs the same in all, a row 1 on average
    (King, Zeng: Logistic Regression in Rare Events Data. Political Analysis 9, 2001; scikit-learn's formula).

    Raises:
        ConfigurationError: the table has no classes, or not these, or no row would weigh anything.
    """
    if wish is None:
        return None
    names = version.contract.classes
    if not names:
        raise ConfigurationError(f"stream.class_weights is set, but {version.table} has no classes.")
    if wish == "balanced":
        return _balanced(version)
    unknown = [name for name in wish if name not in names]
    if unknown:
        raise ConfigurationError(
            f"stream.class_weights names {', '.join(unknown)}; the classes of {version.table} are {', '.join(names)}."
        )
    weights = np.array([wish.get(name, 1.0) for name in names], np.float32)
    if not weights.any():
        raise ConfigurationError("stream.class_weights gives every class the weight 0; at least one must have more.")
    return weights


def _balanced(version: Version) -> NDArray[np.float32]:
    counts = version.summary.counts.get("train", {})
    rows = np.array([counts.get(name, 0) for name in version.contract.classes], np.float64)
    present = rows > 0
    # A class without rows weighs nothing whatever stands here.
    weights = np.ones(len(rows))
    weights[present] = rows.sum() / (present.sum() * rows[present])
    return weights.astype(np.float32)
