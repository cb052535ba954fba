"""Every kind says what a model relies on in its input, and a JSON round trip keeps it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from headrace.contract import Column, Contract
from headrace.errors import DataError
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.contract_spec import (
    MAX_SHIFT,
    InputSpec,
    Statistics,
    load_input_spec,
    spec_class,
)
from headrace.features.geo.contract_spec import GeoSpec
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.input_kind_loader import KINDS, RECORD, SINGLE_KINDS, input_module
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.features.vector.contract_spec import VectorSpec
from headrace.features.windows.contract_spec import WindowSpec

ONE = Statistics(mean=(10.0,), variance=(4.0,))
TOKENIZER = Tokenizer(kind="word", file="t.json", sha256="1", vocabulary_size=30, max_length=9)
SPECS: dict[str, InputSpec] = {
    "image": ImageSpec(statistics=ONE),
    "text": TextSpec(tokenizer=TOKENIZER),
    "audio": AudioSpec(rate=8000),
    "tabular": TabularSpec(statistics=ONE, numbers=("size",), categories={"shop": 4}, file="c.json", sha256="1"),
    "vector": VectorSpec(statistics=ONE, column="embedding"),
    "geo": GeoSpec(latitude="lat", longitude="lon"),
    "windows": WindowSpec(statistics=ONE, values=("sun",), label="sun", every_seconds=60, horizon=2),
}
# What a model cannot take in place of it.
OTHERS: dict[str, dict[str, Any]] = {
    "text": {"tokenizer": TOKENIZER.model_copy(update={"sha256": "2"})},
    "audio": {"rate": 16_000},
    "tabular": {"sha256": "2"},
    "windows": {"horizon": 3},
}


def contract(spec: InputSpec) -> Contract:
    """Return a contract of one input."""
    column = Column(role="input", codec="raw", dtype="float32", shape=(2,))
    return Contract(columns={"x": column}, classes=("a", "b"), input_specs={"x": spec})


def test_every_kind_but_the_record_has_a_specification() -> None:
    assert set(SPECS) == set(SINGLE_KINDS) == set(KINDS) - {RECORD}
    for kind in SINGLE_KINDS:
        assert spec_class(kind).model_fields["kind"].default == kind
        assert spec_class(kind).__module__ == input_module(kind, "contract_spec").__name__


@pytest.mark.parametrize("kind", SPECS)
def test_json_round_trip_keeps_the_class(kind: str) -> None:
    made = contract(SPECS[kind])
    read = Contract.model_validate_json(made.model_dump_json())
    assert read == made
    assert type(read.spec) is spec_class(kind)
    assert read.require(kind) == SPECS[kind]


@pytest.mark.parametrize("given_spec", [{}, {"kind": "record"}, {"kind": "video"}, {"kind": "audio"}, "audio"])
def test_unknown_or_incomplete_kind_is_refused(given_spec: object) -> None:
    with pytest.raises((ValueError, ValidationError)):
        load_input_spec(given_spec)


@pytest.mark.parametrize("kind", SPECS)
def test_network_of_another_kind_is_refused_with_both_kinds(kind: str) -> None:
    other = next(one for one in SPECS if one != kind)
    with pytest.raises(DataError, match=f"holds {kind} inputs; this network expects a table of "):
        contract(SPECS[kind]).require(other)
    with pytest.raises(DataError, match=f"holds {kind} inputs; expected "):
        spec_class(other).of(contract(SPECS[kind]))


@pytest.mark.parametrize("kind", SPECS)
def test_equal_inputs_have_no_differences(kind: str) -> None:
    spec = SPECS[kind]
    spec.require_same(spec, "t")
    assert spec.interface_change(spec) is None
    assert spec.transfer_changes(spec, "t") == []


@pytest.mark.parametrize("kind", OTHERS)
def test_model_cannot_take_an_input_of_another_structure(kind: str) -> None:
    other = SPECS[kind].model_copy(update=OTHERS[kind])
    with pytest.raises(DataError, match=r"\bt\b|the table"):
        SPECS[kind].require_same(other, "t")


@pytest.mark.parametrize("kind", ["text", "tabular"])
def test_path_of_a_fitted_file_is_no_difference(kind: str) -> None:
    moved = SPECS[kind].with_fitted("elsewhere.json")
    assert moved.fitted is not None
    assert (moved.fitted.path, moved.fitted.name) == ("elsewhere.json", SPECS[kind].fitted_name)
    SPECS[kind].require_same(moved, "t")
    assert moved.structure == SPECS[kind].structure


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.floats(-3, 3), st.floats(0.1, 3))
def test_statistics_are_near_within_a_tenth_of_a_deviation(
    mean: float, deviation: float, shift: float, stretch: float
) -> None:
    old = Statistics(mean=(mean,), variance=(deviation**2,))
    new = Statistics(mean=(mean + shift * deviation,), variance=((stretch * deviation) ** 2,))
    far = abs(shift) > MAX_SHIFT * 1.001 or abs(stretch - 1) > MAX_SHIFT * 1.001
    near = abs(shift) < MAX_SHIFT * 0.999 and abs(stretch - 1) < MAX_SHIFT * 0.999
    if far and abs(mean) < 1e3 * deviation:
        assert not old.is_near(new)
    if near and abs(mean) < 1e3 * deviation:
        assert old.is_near(new)
