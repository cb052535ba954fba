"""Columns of a function of Spark become inputs, and those that cannot hold them are refused in a sentence."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from headrace.contract import Column, Contract
from headrace.errors import ConfigurationError
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.predict.udf.udf_cells import read_inputs
from headrace.prepare.sources.tables.columns_of_one_record import Cells

IMAGE = Column(role="input", codec="png", dtype="uint8", shape=(2, 2, 3))
IMAGES = Contract(
    columns={"image": IMAGE},
    classes=("a", "b"),
    input_specs={"image": ImageSpec(statistics=Statistics(mean=(0,), variance=(1,)))},
)
TOKENIZER = Tokenizer(kind="word", file="t", sha256="0", vocabulary_size=9, max_length=9)
TEXT = Column(role="input", codec="tokens", dtype="uint16", shape=(None,))
TEXTS = Contract(columns={"tokens": TEXT}, classes=("a", "b"), input_specs={"tokens": TextSpec(tokenizer=TOKENIZER)})
ROWS = Cells(("size", "kind"))


def series(*values: Any) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def refusal(columns: list[Any], cells: Cells, contract: Contract = TEXTS) -> str:
    """Return the message with which the columns are refused."""
    with pytest.raises(ConfigurationError) as refused:
        read_inputs(columns, cells, contract)
    return str(refused.value)


def test_cells_are_taken_by_name_from_a_struct_and_by_order_from_columns() -> None:
    expected = [{"size": 1.5, "kind": "a"}, {"size": None, "kind": "b"}]
    struct = pd.DataFrame({"other": [0, 0], "kind": ["a", "b"], "size": series(1.5, None)})
    assert read_inputs([struct], ROWS, TEXTS) == expected
    assert read_inputs([struct["size"], struct["kind"]], ROWS, TEXTS) == expected
    dotted = read_inputs([pd.DataFrame({"a.b": [1]})], Cells(("`a.b`",)), TEXTS)
    assert dotted == [{"`a.b`": 1}]


def test_texts_and_files_are_taken_from_one_column() -> None:
    assert read_inputs([series("a", b"b", None, float("nan"))], Cells(), TEXTS) == ["a", b"b", None, None]
    assert read_inputs([pd.DataFrame({"path": ["a.png"], "bytes": [b"x"]})], Cells(), IMAGES) == [b"x"]
    photo = pd.DataFrame({"photo": [{"bytes": b"x"}]})
    assert read_inputs([photo], Cells(("photo",), frozenset(["photo"])), IMAGES) == [{"photo": {"bytes": b"x"}}]


def test_struct_without_the_fields_is_refused_with_their_names() -> None:
    message = refusal([pd.DataFrame({"size": [1], "Kind": ["a"]})], ROWS)
    assert message == "The struct has no column 'kind'; its fields are: size, Kind. Is 'Kind' meant?"
    message = refusal([pd.DataFrame({"SIZE": [1], "b": ["a"]})], ROWS)
    expected = "The struct has no column 'size'; its fields are: SIZE, b, and it lacks kind too. Is 'SIZE' meant?"
    assert message == expected
    twice = pd.DataFrame([[1, 2, "a"]], columns=["size", "size", "kind"])
    assert refusal([twice], ROWS) == "The struct has the field size twice; rename one."


@pytest.mark.parametrize(
    ("columns", "received"),
    [
        ([series(1.5)], "received 1 column; expected 2: size, kind"),
        ([series(1.5), series("a"), series("b")], "received 3 columns; expected 2: size, kind"),
        ([pd.DataFrame({"y": [1]}), series("a")], "'size' of the function holds a struct or a map, {'y': 1}"),
        ([series(1.5), pd.DataFrame({"y": [1]})], "'kind' of the function holds a struct or a map"),
        ([series(1.5), series(np.array([1]))], "'kind' of the function holds a list, [1]; expected numbers or text"),
        ([pd.DataFrame({"size": series(None, {"y": 1}), "kind": ["a", "b"]})], "'size' of the function holds a struct"),
    ],
)
def test_columns_that_hold_no_cells_are_refused(columns: list[Any], received: str) -> None:
    assert received in refusal(columns, ROWS)


@pytest.mark.parametrize("contract", [TEXTS, IMAGES])
@pytest.mark.parametrize(
    ("columns", "received"),
    [
        ([series(None, 5)], "received a number, 5; expected {noun}, as strings or bytes"),
        ([series(np.array(["a"], dtype=object))], "received a list, ['a']; expected {noun}"),
        ([series({"a": "b"})], "received a struct or a map, {{'a': 'b'}}; expected {noun}"),
        ([series(True)], "received a truth value, True"),
        ([series("a"), series("b")], "received 2 columns; expected one, of {noun}"),
        ([pd.DataFrame({"y": [1]})], "The structs have y; expected bytes"),
    ],
)
def test_column_of_no_texts_or_files_is_refused(contract: Contract, columns: list[Any], received: str) -> None:
    assert received.format(noun=contract.feature.noun) in refusal(columns, Cells(), contract)
