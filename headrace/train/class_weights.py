"""Compute the weights of classes from their counts."""

from collections.abc import Mapping

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.errors import ConfigurationError


def class_weights(settings: Loss, contract: Contract, counts: Mapping[str, int]) -> tuple[float, ...] | None:
    """Return the weight of each class in the order of the contract; None if all weights are 1.

    `balanced` sets a class's weight to rows / (classes with rows x rows of the class), so that the mean over rows is 1.

    Args:
        counts: rows of each class in the training split.

    Raises:
        ConfigurationError: the weights name a class that the table does not have, or are all 0.
    """
    weights = settings.class_weights
    if weights == "none":
        return None
    if weights == "balanced":
        rows, present = sum(counts.values()), sum(1 for name in contract.classes if counts.get(name))
        return tuple(rows / (present * counts[name]) if counts.get(name) else 1.0 for name in contract.classes)
    unknown = sorted(set(weights) - set(contract.classes))
    if unknown:
        raise ConfigurationError(
            f"train.loss.class_weights names {', '.join(unknown)}; "
            f"the table has the classes {', '.join(contract.classes)}."
        )
    found = tuple(weights.get(name, 1.0) for name in contract.classes)
    with_rows = [weight for name, weight in zip(contract.classes, found, strict=True) if counts.get(name)]
    if not any(with_rows or found):
        raise ConfigurationError(
            f"train.loss.class_weights leaves no row to learn from: every class with training rows has the weight 0 "
            f"({weights}); expected a weight above 0 for at least one of them."
        )
    return found
