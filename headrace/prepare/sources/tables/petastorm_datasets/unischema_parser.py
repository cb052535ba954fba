"""Read the schema that Petastorm pickles into a data set, without unpickling it.

Unpickling runs code that the file names. Here the pickle's opcodes are interpreted on plain data alone: a class is its
name, an object its arguments and its state; nothing is imported and nothing is called. Opcodes that no pickle of a
Unischema needs are refused.

Opcodes: Python's `pickletools`. Layout of the objects: petastorm/unischema.py and petastorm/codecs.py of 0.13.1, and
of the releases before it, whose packages had other names (petastorm/etl/legacy.py).
"""

import pickletools
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

T = TypeVar("T")

PACKAGES = ("petastorm", "av.experimental.deepdrive.dataset_toolkit", "av.ml.dataset_toolkit")
# Calls that pickles of a Unischema hold: Python 2 and protocols 0 and 1 create their objects with `_reconstructor`.
RECONSTRUCTORS = {"copyreg._reconstructor", "copy_reg._reconstructor"}
CALLS = RECONSTRUCTORS | {"collections.OrderedDict", "numpy.dtype"}
CONSTANTS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
VALUES = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
STORES, LOADS = {"PUT", "BINPUT", "LONG_BINPUT"}, {"GET", "BINGET", "LONG_BINGET"}
# A schema of a thousand fields takes about 100 kB.
MAX_BYTES = 16_000_000


class UnreadableSchemaError(ValueError):
    """Raised for a pickle that is damaged, or holds what no Unischema holds; the message is part of a sentence."""


class Field(NamedTuple):
    """A field of a Unischema.

    Attributes:
        dtype: the name of the NumPy type, such as `uint8`; of another type with its module, as in `decimal.Decimal`.
        shape: of every value; None for a length that differs from row to row, () for a scalar.
        codec: the class, such as `NdarrayCodec`; one that is not Petastorm's with its module; None if it has none.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    codec: str | None
    nullable: bool


def parse_unischema(pickled: bytes) -> dict[str, Field]:
    """Return the fields of a pickled Unischema by name, in its order.

    Raises:
        UnreadableSchemaError: it is damaged, or not a Unischema.
    """
    if len(pickled) > MAX_BYTES:
        raise UnreadableSchemaError(f"{len(pickled)} bytes, more than the {MAX_BYTES} of any schema")
    schema = _Machine().run(pickled)
    if not isinstance(schema, _Object) or _class_name(schema.kind, "unischema") != "Unischema":
        raise UnreadableSchemaError(f"{_describe(schema)} instead of a Unischema")
    members = schema.state.as_dict() if isinstance(schema.state, _Pairs) else {}
    fields = members.get("_fields")
    if isinstance(fields, _Object) and fields.kind == "collections.OrderedDict":
        fields = _Pairs([*_listed_pairs(fields.arguments), *fields.items.pairs])
    if not isinstance(fields, _Pairs):
        raise UnreadableSchemaError("a Unischema without fields")
    return {found.name: found for found in map(_field, fields.as_dict().values())}


@dataclass(eq=False)
class _Pairs:
    """A dictionary as key-value pairs; keys may be unhashable."""

    pairs: list[tuple[object, object]]

    def as_dict(self) -> dict[str, object]:
        """Return those whose keys are text."""
        return {key: value for key, value in self.pairs if isinstance(key, str)}


class _Class(str):
    """The full name of a class or a function."""


@dataclass(eq=False)
class _Object:
    """The result of calling `kind`, or `kind.__new__`, without calling it."""

    kind: str
    arguments: tuple[object, ...]
    state: object = None
    items: _Pairs = field(default_factory=lambda: _Pairs([]))


class _Mark:
    """A stack mark: the start of the values of a tuple, list or dictionary."""


class _Machine:
    """A pickle machine whose stack and memo hold plain data only."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.memo: dict[object, object] = {}

    def run(self, pickled: bytes) -> object:
        """Return the pickled value."""
        try:
            for opcode, argument, _ in pickletools.genops(pickled):
                self._step(opcode.name, argument)
            (result,) = self.stack
        # What `genops` raises on bytes that are not a pickle, and the stack on opcodes in a wrong order.
        except (ValueError, IndexError, KeyError, OverflowError) as error:
            if isinstance(error, UnreadableSchemaError):
                raise
            raise UnreadableSchemaError("an incomplete pickle") from None
        return result

    def _step(self, name: str, argument: object) -> None:
        if name in ("PROTO", "FRAME", "STOP"):
            return
        if name in CONSTANTS:
            self.stack.append(argument)
        elif name in VALUES:
            self.stack.append(VALUES[name])
        elif name in STORES or name == "MEMOIZE":
            self.memo[len(self.memo) if name == "MEMOIZE" else argument] = self.stack[-1]
        elif name in LOADS:
            self.stack.append(self.memo[argument])
        elif not self._collect(name):
            self._construct(name, argument)

    def _collect(self, name: str) -> bool:
        """Execute an opcode of tuples, lists and dictionaries; return False for other opcodes."""
        if name == "MARK":
            self.stack.append(_Mark())
        elif name in TUPLES:
            self.stack.append(tuple(reversed([self.stack.pop() for _ in range(TUPLES[name])])))
        elif name == "TUPLE":
            self.stack.append(tuple(self._since_mark()))
        elif name in ("EMPTY_LIST", "LIST"):
            self.stack.append(self._since_mark() if name == "LIST" else [])
        elif name in ("EMPTY_DICT", "DICT"):
            self.stack.append(_Pairs(_paired(self._since_mark()) if name == "DICT" else []))
        elif name in ("APPEND", "APPENDS"):
            values = self._since_mark() if name == "APPENDS" else [self.stack.pop()]
            self._top(list).extend(values)
        elif name in ("SETITEM", "SETITEMS"):
            values = self._since_mark() if name == "SETITEMS" else list(reversed([self.stack.pop(), self.stack.pop()]))
            target = self.stack[-1]
            pairs = target.items if isinstance(target, _Object) else self._top(_Pairs)
            pairs.pairs.extend(_paired(values))
        else:
            return False
        return True

    def _construct(self, name: str, argument: object) -> None:
        """Execute, on plain data, an opcode that would import, call or fill an object."""
        if name == "GLOBAL":
            self.stack.append(_Class(str(argument).replace(" ", ".")))
        elif name == "STACK_GLOBAL":
            member, module = self._pop(str), self._pop(str)
            self.stack.append(_Class(f"{module}.{member}"))
        elif name in ("NEWOBJ", "REDUCE"):
            arguments, kind = self._pop(tuple), self._pop(_Class)
            if name == "REDUCE" and kind not in CALLS:
                raise UnreadableSchemaError(f"a call of {_printable(kind)}")
            self.stack.append(_reconstructed(arguments) if kind in RECONSTRUCTORS else _Object(kind, arguments))
        elif name == "BUILD":
            state = self.stack.pop()
            self._top(_Object).state = state
        else:
            raise UnreadableSchemaError(f"the opcode {name}")

    def _since_mark(self) -> list[object]:
        values: list[object] = []
        while not isinstance(value := self.stack.pop(), _Mark):
            values.append(value)
        return values[::-1]

    def _top(self, kind: type[T]) -> T:
        return _expect(self.stack[-1], kind)

    def _pop(self, kind: type[T]) -> T:
        return _expect(self.stack.pop(), kind)


def _expect(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise UnreadableSchemaError("values in a wrong order")
    return value


def _paired(values: list[object]) -> list[tuple[object, object]]:
    return list(zip(values[::2], values[1::2], strict=True))


def _listed_pairs(arguments: tuple[object, ...]) -> list[tuple[object, object]]:
    """Return the pairs of an OrderedDict pickled by Python 2: one list of [key, value] lists."""
    listed = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else []
    return [(one[0], one[1]) for one in listed if isinstance(one, list) and len(one) == 2]


def _reconstructed(arguments: tuple[object, ...]) -> _Object:
    """Return the values of a tuple from `_reconstructor(class, base, state)`."""
    kind, base, state = arguments
    values = state if isinstance(state, tuple) and _expect(base, _Class).endswith(".tuple") else ()
    return _Object(_expect(kind, _Class), values)


def _class_name(kind: str, module: str) -> str:
    """Return the name of a Petastorm class without its module, whatever that was; other names unchanged."""
    prefix, _, name = kind.rpartition(".")
    return name if prefix in {f"{package}.{module}" for package in PACKAGES} else kind


def _field(found: object) -> Field:
    if not isinstance(found, _Object) or _class_name(found.kind, "unischema") != "UnischemaField":
        raise UnreadableSchemaError(f"{_describe(found)} instead of a field")
    # The last two have defaults, and older releases did not have the last.
    match (*found.arguments, *(None, False)[len(found.arguments) - 3 :]):
        case (str(name), dtype, tuple(shape), codec, bool(nullable)) if all(_is_length(one) for one in shape):
            return Field(name, _dtype(dtype), shape, _codec(codec), nullable)
    raise UnreadableSchemaError("a field without name, type, shape and codec")


def _is_length(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _dtype(found: object) -> str:
    if isinstance(found, _Object) and found.kind == "numpy.dtype" and found.arguments:
        return _expect(found.arguments[0], str)
    return _expect(found, _Class).removeprefix("numpy.")


def _codec(found: object) -> str | None:
    return None if found is None else _class_name(_expect(found, _Object).kind, "codecs")


def _describe(value: object) -> str:
    if isinstance(value, _Object):
        return f"a {_printable(value.kind)}"
    return "something else"


def _printable(name: str) -> str:
    return ascii(name)[1:-1][:100]
