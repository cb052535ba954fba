"""Load a module of a target kind by name, so that a layer imports its own part of the kind and no other.

The facts import nothing; other modules import an engine (Keras, PyArrow), which a layer without it never loads.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import targets
from headrace.targets.target_facts import TargetFacts

TASKS = tuple(sorted(room.name for room in iter_modules(targets.__path__) if room.ispkg))


@cache
def kind_module(task: str, name: str) -> Any:
    """Return the module `name` of the target kind `task`; the caller states the interface that it expects."""
    return import_module(f"headrace.targets.{task}.{name}")


def target_facts(task: str) -> TargetFacts:
    """Return the facts of the target kind `task`."""
    facts: TargetFacts = kind_module(task, "facts").FACTS
    return facts
