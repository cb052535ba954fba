"""Comparison of a module with the protocol that its callers expect of it."""

import inspect
from types import ModuleType
from typing import Any


def require_protocol(module: ModuleType, protocol: Any) -> None:
    """Raise unless the module has every member of the protocol, functions with as many parameters."""
    for name, expected in vars(protocol).items():
        if name.startswith("_") or name == "register":
            continue
        offered = getattr(module, name)
        if inspect.isfunction(expected):
            parameters = len(inspect.signature(expected).parameters) - 1
            assert len(inspect.signature(offered).parameters) == parameters, f"{module.__name__}.{name}"
