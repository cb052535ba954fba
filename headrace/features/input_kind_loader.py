"""Load the modules of an input kind by name, when they are needed."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import features
from headrace.features.input_kind_properties import InputKindProperties

# A record is several inputs, each of another kind.
RECORD, RECORD_ROOM = "record", "several_inputs"
SINGLE_KINDS = tuple(
    sorted(one.name for one in iter_modules(features.__path__) if one.ispkg and one.name != RECORD_ROOM)
)
KINDS = tuple(sorted((*SINGLE_KINDS, RECORD)))


@cache
def input_module(kind: str, name: str) -> Any:
    """Return the module `name` of the input kind `kind`; the caller states the interface that it expects."""
    room = RECORD_ROOM if kind == RECORD else kind
    return import_module(f"headrace.features.{room}.{name}")


def input_properties(kind: str) -> InputKindProperties:
    """Return the traits of the input kind `kind`."""
    traits: InputKindProperties = input_module(kind, "kind_properties").PROPERTIES
    return traits
