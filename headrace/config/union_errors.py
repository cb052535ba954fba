"""Say in one message what a value that may be of several types should be; Pydantic has a message for each type."""

from collections.abc import Iterable, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Discriminator, Tag
from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]
# Types of errors of a value that is of another type; all others are of a value of that type, such as a bound.
MISMATCHES = frozenset(
    (
        "literal_error", "bool_type", "bool_parsing", "int_type", "int_parsing", "int_from_float", "float_type",
        "float_parsing", "string_type", "dict_type", "tuple_type", "list_type", "model_type", "model_attributes_type",
    )
)  # fmt: skip
NAMES = {
    bool: "true, false", int: "a whole number", float: "a number", str: "text", dict: "keys with values below it",
    tuple: "a list", list: "a list",
}  # fmt: skip


def merge_union_errors(errors: Iterable[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """Return the errors of validating a `model` with one error for each value that may be of several types.

    Their locations have keys and indices only, without the names that Pydantic gives the types.
    """
    return list(_merge_below(errors, model, 0))


def _merge_below(errors: Iterable[ErrorDetails], kind: Any, start: int) -> Iterator[ErrorDetails]:
    """Yield the merged errors of a value of type `kind`, whose locations are below it from index `start` on."""
    unions: dict[Location, tuple[list[Any], list[ErrorDetails]]] = {}
    for error in errors:
        end, members = _find_union(error["loc"], start, kind)
        if members:
            unions.setdefault(error["loc"][:end], (members, []))[1].append(error)
        else:
            yield error
    for place, (members, found) in unions.items():
        yield from _merge(place, found, members)


def _merge(place: Location, errors: list[ErrorDetails], members: list[Any]) -> Iterator[ErrorDetails]:
    """Yield the errors within a value, if it has one of its types; else one that names all types."""
    within = [error for error in errors if len(error["loc"]) > len(place) + 1]
    if within:
        tag = within[0]["loc"][len(place)]
        member = next((one for one in members if _tag(one) == str(tag).partition("[")[0]), Any)
        of_type = [error for error in within if error["loc"][len(place)] == tag]
        untagged = [_relocate(error, (*place, *error["loc"][len(place) + 1 :])) for error in of_type]
        yield from _merge_below(untagged, member, len(place))
        return
    of_value = [error for error in errors if error["type"] not in MISMATCHES]
    # The nearest choice is looked for in what an error of choices names.
    choices = [error for error in errors if error["type"] == "literal_error"]
    merged = _relocate((of_value or choices or errors)[0], place)
    if not of_value:
        merged["type"] = "literal_error" if choices else "union"
        merged["msg"] = f"expected {_join(members)}"
    yield merged


def _relocate(error: ErrorDetails, place: Location) -> ErrorDetails:
    return ErrorDetails(**(error | {"loc": place}))


def _find_union(location: Location, start: int, kind: Any) -> tuple[int, list[Any]]:
    """Return where the first value of several types below `kind` ends in a location, and these types; none without."""
    for index in range(start, len(location)):
        kind = _unwrap(kind)
        if isinstance(kind, list):
            return index, kind
        kind = _below(kind, location[index])
    return len(location), []


def _unwrap(kind: Any) -> Any:
    """Return a type without its annotations and without None; a list of types, if it may be of several."""
    while get_origin(kind) is Annotated and not _is_tagged(kind):
        kind = get_args(kind)[0]
    if get_origin(kind) not in (Union, UnionType):
        return kind
    members = [one for one in _members(kind) if one is not NoneType]
    return _unwrap(members[0]) if len(members) == 1 else members


def _members(kind: Any) -> Iterator[Any]:
    for one in get_args(kind):
        bare = get_args(one)[0] if get_origin(one) is Annotated else one
        yield from _members(bare) if get_origin(bare) in (Union, UnionType) else (bare,)


def _is_tagged(kind: Any) -> bool:
    return any(isinstance(one, Discriminator) for one in kind.__metadata__)


def _below(kind: Any, part: int | str) -> Any:
    """Return the type of a key, an index or a tag below `kind`; Any if it is unknown."""
    if get_origin(kind) is Annotated:
        tags = {one.__metadata__[0].tag: one for one in get_args(get_args(kind)[0]) if _has_tag(one)}
        return tags.get(str(part), Any)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return Any if field is None else field.annotation
    inner = get_args(kind)
    if get_origin(kind) is dict:
        return inner[1]
    if get_origin(kind) in (tuple, list):
        position = part if isinstance(part, int) and Ellipsis not in inner and part < len(inner) else 0
        return inner[position]
    return Any


def _has_tag(kind: Any) -> bool:
    return get_origin(kind) is Annotated and isinstance(kind.__metadata__[0], Tag)


def _tag(kind: Any) -> str:
    """Return how Pydantic names a type that can have values within it, without their types."""
    origin = get_origin(kind) or kind
    return str(getattr(origin, "__name__", ""))


def _join(members: list[Any]) -> str:
    names: list[str] = []
    # A number may be whole.
    for member in (one for one in members if one is not int or float not in members):
        literal = get_origin(member) is Literal
        names += map(repr, get_args(member)) if literal else NAMES.get(get_origin(member) or member, "keys").split(", ")
    *first, last = dict.fromkeys(names)
    return f"{', '.join(first)} or {last}"
