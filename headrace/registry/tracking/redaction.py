"""A configuration as MLflow's parameters, without what is secret."""

from collections.abc import Iterator
from typing import Any

from headrace.report.reproduce import WITHHELD, is_withheld


def flattened(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every value by its key, such as train.optimizer.name; what is not set is left out."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from flattened(value, f"{name}.")
        elif value is not None:
            yield name, WITHHELD if is_withheld(key, value) else str(value)
