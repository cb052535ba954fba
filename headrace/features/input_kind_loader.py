"""Load the modules of an input kind by name, when they are needed."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import features
from headrace.features.input_kind_traits import InputKindTraits

# A record is several inputs, each of another kind.
RECORD, RECORD_PACKAGE = "record", "several_inputs"
SINGLE_KINDS = tuple(
    sorted(one.name for one in iter_modules(features.__path__) if one.ispkg and one.name != RECORD_PACKAGE)
)
KINDS = tuple(sorted((*SINGLE_KINDS, RECORD)))


@cache
def input_module(kind: str, name: str) -> Any:
    """Return the module `name` of the input kind `kind`; the caller states the interface that it expects."""
    package = RECORD_PACKAGE if kind == RECORD else kind
    return import_module(f"headrace.features.{package}.{name}")


def input_traits(kind: str) -> InputKindTraits:
    """Return the traits of the input kind `kind`."""
    traits: InputKindTraits = input_module(kind, "kind_traits").TRAITS
    return traits
