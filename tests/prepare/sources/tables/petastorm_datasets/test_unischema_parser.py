"""Petastorm's pickled schemas are read as Python's pickle reads them, and code in them is never run."""

import builtins
import collections
import pickle
import pickletools
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import types as spark_types

from headrace.prepare.sources.tables.petastorm_datasets import unischema_parser
from headrace.prepare.sources.tables.petastorm_datasets.unischema_parser import (
    Field,
    UnreadableSchemaError,
    parse_unischema,
)
from tests.support.petastorm_data import (
    CompressedImageCodec,
    CompressedNdarrayCodec,
    NdarrayCodec,
    ScalarCodec,
    Unischema,
    UnischemaField,
    load_schema,
    pickle_schema,
)

NAMES = st.text("abcdefghijklmnopqrstuvwxyzäß_0123456789", min_size=1, max_size=300).map("f_{}".format)
SPARK_TYPES = [spark_types.IntegerType(), spark_types.StringType(), spark_types.DecimalType(10, 2)]
CODECS = st.one_of(
    st.none(),
    st.builds(CompressedImageCodec, st.sampled_from(["png", "jpeg"]), st.integers(0, 100)),
    st.builds(NdarrayCodec),
    st.builds(CompressedNdarrayCodec),
    st.builds(ScalarCodec, st.sampled_from(SPARK_TYPES)),
)
DTYPES = st.sampled_from([np.uint8, np.int64, np.float32, np.str_, np.bytes_, np.bool_, np.datetime64, Decimal])
SHAPES = st.lists(st.none() | st.integers(0, 2**40), max_size=5).map(tuple)
FIELDS = st.builds(UnischemaField, NAMES, DTYPES, SHAPES, CODECS, st.booleans())
SCHEMAS = st.builds(Unischema, NAMES, st.lists(FIELDS, min_size=1, max_size=40, unique_by=lambda one: one.name))


def plain(field: Any) -> Field:
    """A field as Petastorm has it, in plain data."""
    module, name = field.numpy_dtype.__module__, field.numpy_dtype.__name__
    dtype = name if module == "numpy" else f"{module}.{name}"
    return Field(field.name, dtype, field.shape, field.codec and type(field.codec).__name__, field.nullable)


@settings(max_examples=200)
@given(SCHEMAS, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_schema_equals_the_one_that_pickle_loads(schema: Any, protocol: int) -> None:
    pickled = pickle_schema(schema, protocol)
    loaded = load_schema(pickled)
    found = parse_unischema(pickled)
    assert list(found) == list(loaded.fields)
    assert list(found.values()) == [plain(field) for field in loaded.fields.values()]


OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
PLACES = st.floats(0, 1, exclude_max=True)


@settings(max_examples=200)
@given(
    SCHEMAS,
    st.integers(0, pickle.HIGHEST_PROTOCOL),
    st.lists(st.tuples(PLACES, st.integers(0, 255)), max_size=4),
    PLACES | st.just(1.0),
)
def test_damaged_pickle_is_read_or_refused(
    schema: Any, protocol: int, flips: list[tuple[float, int]], end: float
) -> None:
    pickled = bytearray(pickle_schema(schema, protocol))
    for place, value in flips:
        pickled[int(place * len(pickled))] = value
    read_or_refuse(bytes(pickled[: round(end * len(pickled))]))


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.lists(st.sampled_from(OPCODES), max_size=60).map(b"".join))
def test_bytes_that_are_not_a_pickle_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableSchemaError):
        parse_unischema(data)


def read_or_refuse(pickled: bytes) -> None:
    with suppress(UnreadableSchemaError):
        parse_unischema(pickled)


class Payload:
    """Unpickled, it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return builtins.exec, (f"open({str(self.file)!r}, 'w').close()",)


def hide(payload: Any) -> dict[str, Any]:
    """`payload` in every part of a schema that has room for one."""
    codec = CompressedImageCodec("png")
    codec._quality = payload
    schema = Unischema("S", [UnischemaField("image", np.uint8, (8, 8), codec, False)])
    named, more = (Unischema("S", [UnischemaField("x", np.uint8, (), None, False)]) for _ in range(2))
    named._name, more.extra = payload, [{"deep": (payload,)}]
    fields = Unischema("S", [])
    fields._fields = collections.OrderedDict(image=payload)
    dtype = Unischema("S", [UnischemaField("image", payload, (8, 8), codec, False)])
    return {"alone": payload, "codec": schema, "name": named, "extra": more, "fields": fields, "dtype": dtype}


@pytest.mark.parametrize("part", hide(None))
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_code_in_a_pickle_is_never_run(tmp_path: Path, part: str, protocol: int) -> None:
    pickled = pickle_schema(hide(Payload(tmp_path / "ran"))[part], protocol)
    with pytest.raises(UnreadableSchemaError, match=r"a call of (builtins|__builtin__)\.exec"):
        parse_unischema(pickled)
    assert not (tmp_path / "ran").exists()
    load_schema(pickled)
    assert (tmp_path / "ran").exists()


def test_module_named_by_a_pickle_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "headrace_trap.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    pickled = pickle_schema(Unischema("S", [UnischemaField("x", np.uint8, (), NdarrayCodec(), False)]), 2)
    trap = pickled.replace(b"petastorm.codecs\nNdarrayCodec\n", b"headrace_trap\nMyCodec\n")
    assert parse_unischema(trap)["x"].codec == "headrace_trap.MyCodec"
    with pytest.raises(SystemExit):
        load_schema(trap)


def test_names_of_older_packages_are_known() -> None:
    pickled = pickle_schema(Unischema("S", [UnischemaField("x", np.uint8, (), NdarrayCodec(), False)]), 2)
    older = pickled.replace(b"petastorm.", b"av.experimental.deepdrive.dataset_toolkit.")
    assert parse_unischema(older) == parse_unischema(pickled)


def test_schema_of_python_2_is_read() -> None:
    """Its OrderedDict is made of a list of lists, its text is bytes, and a field did not say whether it may be null."""
    pickled = (
        b"ccopy_reg\n_reconstructor\np0\n(cpetastorm.unischema\nUnischema\np1\nc__builtin__\nobject\np2\nNtRp3\n"
        b"(dp4\nS'_name'\np5\nS'S'\np6\nsS'_fields'\np7\nccollections\nOrderedDict\np8\n((lp9\n(lp10\nS'x'\np11\na"
        b"g0\n(cpetastorm.unischema\nUnischemaField\np12\nc__builtin__\ntuple\np13\n(g11\ncnumpy\nuint8\np14\n"
        b"(I8\nNtp15\nNtp16\ntRp17\naatRp18\nsb."
    )
    assert load_schema(pickled).fields["x"][:3] == ("x", np.uint8, (8, None))
    assert parse_unischema(pickled) == {"x": Field("x", "uint8", (8, None), None, False)}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": 1}, "something else instead of a Unischema"),
        (Decimal("1.5"), r"a call of decimal\.Decimal"),
        (NdarrayCodec(), r"a petastorm\.codecs\.NdarrayCodec instead of a Unischema"),
        ({1, 2}, "the opcode EMPTY_SET"),
        (Unischema("S", [UnischemaField("x", np.uint8, "ab", None, False)]), "a field without name"),
    ],
)
def test_other_pickles_are_refused_by_what_they_hold(value: Any, says: str) -> None:
    with pytest.raises(UnreadableSchemaError, match=says):
        parse_unischema(pickle_schema(value, 4))


def test_values_that_grow_with_their_depth_cost_nothing() -> None:
    """A tuple of two of the one before, sixty times, would be 2^60 values if anything walked it."""
    grown = b")q\x00" + b"".join(b"h%ch%c\x86q%c" % (number, number, number + 1) for number in range(60))
    for kind in (b"ccopy_reg\n_reconstructor\n(cnumpy\ndtype\n", b"cnumpy\ndtype\n("):
        with pytest.raises(UnreadableSchemaError):
            parse_unischema(kind + grown + b"NtR.")


def test_more_than_any_schema_needs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unischema_parser, "MAX_BYTES", 100)
    with pytest.raises(UnreadableSchemaError, match="101 bytes, more than the 100 of any schema"):
        parse_unischema(b"." * 101)
