"""Conversion of a configuration to MLflow parameters, with secrets withheld."""

from collections.abc import Iterator
from typing import Any

from headrace.config.secret_names import WITHHELD, is_hidden


def flatten_settings(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value with its dotted key, such as train.optimizer.name; skip values that are None."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from flatten_settings(value, f"{name}.")
        elif value is not None:
            yield name, WITHHELD if isinstance(value, str) and is_hidden(key) else str(value)
