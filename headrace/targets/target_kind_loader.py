"""Load a module of a target kind by name, so that a layer imports its own part of the kind and no other.

Modules `kind_properties` import nothing; others import an engine (Keras, PyArrow), which only their layer loads.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import targets
from headrace.targets.target_kind_properties import TargetKindProperties

TASKS = tuple(sorted(module.name for module in iter_modules(targets.__path__) if module.ispkg))


@cache
def target_module(task: str, name: str) -> Any:
    """Return the module `name` of the target kind `task`; the caller states the interface that it expects."""
    return import_module(f"headrace.targets.{task}.{name}")


def target_properties(task: str) -> TargetKindProperties:
    """Return the properties of the target kind `task`."""
    properties: TargetKindProperties = target_module(task, "kind_properties").PROPERTIES
    return properties
