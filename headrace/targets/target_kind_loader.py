"""Load a module of a target kind by name, so that a layer imports its own part of the kind and no other.

Modules `kind_traits` import nothing; others import an engine (Keras, PyArrow), which only their layer loads.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import targets
from headrace.targets.target_kind_traits import TargetKindTraits

TASKS = tuple(sorted(module.name for module in iter_modules(targets.__path__) if module.ispkg))


@cache
def target_module(task: str, name: str) -> Any:
    """Return the module `name` of the target kind `task`; the caller states the interface that it expects."""
    return import_module(f"headrace.targets.{task}.{name}")


def target_traits(task: str) -> TargetKindTraits:
    """Return the traits of the target kind `task`."""
    traits: TargetKindTraits = target_module(task, "kind_traits").TRAITS
    return traits
