"""Load the modules of an input kind by name, when they are needed."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import features
from headrace.features.input_kind_traits import InputTraits

KINDS = tuple(sorted(module.name for module in iter_modules(features.__path__) if module.ispkg))
# A record is several inputs, each of another kind.
RECORD = "record"
SINGLE_KINDS = tuple(kind for kind in KINDS if kind != RECORD)


@cache
def input_module(kind: str, name: str) -> Any:
    """Return the module `name` of the input kind `kind`; the caller states the interface that it expects."""
    return import_module(f"headrace.features.{kind}.{name}")


def input_traits(kind: str) -> InputTraits:
    """Return the traits of the input kind `kind`."""
    traits: InputTraits = input_module(kind, "kind_traits").TRAITS
    return traits
