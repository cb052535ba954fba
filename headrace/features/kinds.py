"""Load a module of an input kind by name, so that a layer imports its own part of the kind and no other."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import features
from headrace.features.feature_facts import FeatureFacts

KINDS = tuple(sorted(room.name for room in iter_modules(features.__path__) if room.ispkg))


@cache
def kind_module(kind: str, name: str) -> Any:
    """Return the module `name` of the input kind `kind`; the caller states the interface that it expects."""
    return import_module(f"headrace.features.{kind}.{name}")


def feature_facts(kind: str) -> FeatureFacts:
    """Return the facts of the input kind `kind`."""
    facts: FeatureFacts = kind_module(kind, "facts").FACTS
    return facts
