"""Open a door of a target kind, so that a layer imports its own part of the kind and no other.

The facts import nothing; other doors import an engine (Keras, PyArrow), which a layer without it never loads.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import targets
from headrace.targets.target_facts import TargetFacts


@cache
def open_door(task: str, door: str) -> Any:
    """Return the module `door` of the target kind `task`; the caller states the protocol that it expects."""
    return import_module(f"headrace.targets.{task}.{door}")


TASKS = tuple(sorted(room.name for room in iter_modules(targets.__path__) if room.ispkg))


def target_facts(task: str) -> TargetFacts:
    """Return the facts of the target kind `task`."""
    facts: TargetFacts = open_door(task, "facts").FACTS
    return facts
