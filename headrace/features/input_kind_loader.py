"""Load the modules of an input kind by name, when they are needed."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from headrace import features
from headrace.features.input_kind_properties import InputKindProperties

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


def input_properties(kind: str) -> InputKindProperties:
    """Return the properties of the input kind `kind`."""
    properties: InputKindProperties = input_module(kind, "kind_properties").PROPERTIES
    return properties
