"""Two contracts are compared by names, and outputs follow the names of classes."""

from typing import Any

import numpy as np
import pytest

from headrace.contract import Column, Contract
from headrace.contract_comparison import (
    ClassMatch,
    changed_preparation,
    interface_changes,
    require_same_input,
    require_same_targets,
    transfer_changes,
)
from headrace.errors import DataError
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.features.windows.contract_spec import WindowSpec

OUTPUTS = np.array([[0.5, 0.3, 0.2]], np.float32)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (("a", "b", "c"), [0.5, 0.3, 0.2]),
        (("c", "b", "a"), [0.2, 0.3, 0.5]),
        (("c", "a"), [0.2, 0.5, 0.3]),
        (("b", "new", "a", "c"), [0.3, 0.0, 0.5, 0.2]),
        (("new", "c"), [0.0, 0.2, 0.5, 0.3]),
    ],
)
def test_outputs_follow_names_of_classes(table: tuple[str, ...], expected: list[float]) -> None:
    match = ClassMatch(("a", "b", "c"), table)
    assert match.align(OUTPUTS)[0].tolist() == pytest.approx(expected)
    assert match.has_same_names == (set(table) == {"a", "b", "c"})


ONE = ImageSpec(statistics=Statistics(mean=(1.0,), variance=(1.0,)))


def contract(classes: tuple[str, ...] = ("a", "b"), *, shape: tuple[int | None, ...] = (8, 8, 1)) -> Contract:
    """Return a contract of images."""
    columns = {
        "image": Column(role="input", codec="raw", dtype="uint8", shape=shape),
        "label": Column(role="target", codec="plain", dtype="int32"),
    }
    return Contract(columns=columns, classes=classes, input_specs={"image": ONE})


def text_contract(sha256: str) -> Contract:
    """Return a contract of texts."""
    columns = {"tokens": Column(role="input", codec="tokens", dtype="uint16", shape=(None,))}
    tokenizer = Tokenizer(kind="word", file="t", sha256=sha256, vocabulary_size=30, max_length=9)
    return Contract(columns=columns, classes=("a", "b"), input_specs={"tokens": TextSpec(tokenizer=tokenizer)})


def window_contract(*values: str, **changes: Any) -> Contract:
    """Return a contract of windows with the features `values`."""
    columns = {
        "window": Column(role="input", codec="plain", dtype="float32", shape=(24, len(values))),
        "value": Column(role="target", codec="plain", dtype="float32"),
    }
    fields: dict[str, Any] = {"label": values[0], "every_seconds": 3600, "horizon": 3} | changes
    statistics = Statistics(mean=(0.0,) * len(values), variance=(1.0,) * len(values))
    spec = WindowSpec(values=values, statistics=statistics, **fields)
    return Contract(columns=columns, classes=(), task="regression", input_specs={"window": spec})


@pytest.mark.parametrize(
    ("model", "table", "told"),
    [
        (
            window_contract("sun", "wind", label="sun"),
            window_contract("wind", "sun", label="sun"),
            "is for windows of sun, wind that predict sun .*; the table holds windows of wind, sun that",
        ),
        (
            window_contract("sun"),
            window_contract("sun", horizon=4),
            "3 rows of 3600 s ahead; .* 4 rows of 3600 s ahead",
        ),
        (
            window_contract("sun", season=24),
            window_contract("sun", season=12),
            "a season of 24 rows; .* a season of 12 rows",
        ),
        (
            contract(),
            contract(shape=(9, 8, 1)),
            r"shape \(8, 8, 1\) \(uint8\), but t holds inputs of shape \(9, 8, 1\)",
        ),
        (contract(), text_contract("0"), "takes image inputs, but t holds text inputs"),
        (text_contract("aa"), text_contract("bb"), "30 and 30 tokens, SHA-256 aa and bb"),
    ],
)
def test_other_inputs_are_refused_with_both_values(model: Contract, table: Contract, told: str) -> None:
    with pytest.raises(DataError, match=told):
        require_same_input(model, table, "t")


def test_vectors_of_another_length_are_refused_with_both() -> None:
    short, long = (
        Contract(columns={"label": Column(role="target", codec="raw", dtype="float32", shape=(size,))}, task="vector")
        for size in (3, 64)
    )
    assert require_same_targets(short, short, "t").is_equal
    with pytest.raises(DataError, match="predicts vectors of 64 numbers, but the labels of t have 3"):
        require_same_targets(long, short, "t")


def test_other_classes_are_refused_with_their_names_unless_one_side_has_grown() -> None:
    assert not require_same_targets(contract(("a", "b")), contract(("b", "a")), "t").is_equal
    more = contract(("c", "a", "b"))
    with pytest.raises(DataError, match="2 and 3 classes; only the model has none, only the table has c"):
        require_same_targets(contract(), more, "t")
    assert require_same_targets(contract(), more, "t", may_grow=True).new == ("c",)
    with pytest.raises(DataError, match="only the model has b, only the table has d"):
        require_same_targets(contract(("a", "b")), contract(("a", "d")), "t", may_grow=True)


def test_other_task_is_refused_with_both() -> None:
    labels = contract().model_copy(update={"task": "multi_label"})
    for may_grow in (False, True):
        with pytest.raises(DataError, match="trained for classification, but t was prepared for multi_label"):
            require_same_targets(contract(), labels, "t", may_grow=may_grow)


def test_classes_of_the_table_without_a_row_need_not_be_known() -> None:
    table = contract(("c", "a", "b"))
    assert require_same_targets(contract(("a", "b")), table, "t", absent={"c"}).new == ("c",)
    with pytest.raises(DataError, match="only the model has d"):
        require_same_targets(contract(("a", "b", "d")), table, "t", absent={"c"})
    assert require_same_targets(contract(("a", "b", "d")), table, "t", absent={"c"}, may_grow=True).dropped == ("d",)


def test_changed_preparation_names_what_a_model_sees() -> None:
    one = {"image": {"resize": "crop", "white": None, "max_bytes": 1}}
    other = {"image": {"resize": "stretch", "white": None, "max_bytes": 2}}
    assert changed_preparation("image", one, other) == "image.resize (crop and stretch)"
    assert changed_preparation("image", one, {}) == ""


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        (contract(), []),
        (contract(("b", "a")), ["The outputs are the same 2 classes in another order: a, b before, b, a now."]),
        (contract(("a", "c", "d")), ["The outputs were 2 classes and are 3: added c, d; removed b."]),
        (contract(shape=(9, 8, 1)), ["Inputs were image of shape (8, 8, 1) and are image of shape (9, 8, 1)."]),
        (text_contract("0"), ["Inputs were image of shape (8, 8, 1) and are text of shape (None,)."]),
    ],
)
def test_interface_changes_are_what_clients_see(new: Contract, changes: list[str]) -> None:
    assert interface_changes(contract(), new) == changes


def test_sounds_of_another_rate_are_refused_though_they_have_as_many_samples() -> None:
    slow, fast = (sounds(rate) for rate in (8000, 16_000))
    require_same_input(slow, slow, "the table")
    with pytest.raises(DataError, match="takes audio of 8000 samples per second, but the table holds audio of 16000"):
        require_same_input(slow, fast, "the table")
    assert interface_changes(slow, fast) == ["Audio had 8000 samples per second and has 16000."]
    assert "audio of 8000 samples per second" in transfer_changes(slow, fast, "the table")[0]


def test_rows_with_other_columns_or_values_are_refused() -> None:
    model = rows({"kind": 4})
    copied = model.model_copy(update={"input_specs": {"row": model.spec.with_fitted("elsewhere")}})
    require_same_input(model, copied, "the table")
    with pytest.raises(
        DataError, match=r"takes rows of size, kind \(2 known values\), but the table holds .*\(3 known values\)\."
    ):
        require_same_input(model, rows({"kind": 5}), "the table")
    renumbered = rows({"kind": 4}, sha256="1")
    with pytest.raises(DataError, match="with other values, or with the same values in another order"):
        require_same_input(model, renumbered, "the table")
    with pytest.raises(DataError, match="weights would be applied to other values"):
        transfer_changes(model, renumbered, "the table")
    assert "values have other numbers" in interface_changes(model, renumbered)[0]
    assert interface_changes(model, copied) == transfer_changes(model, copied, "the table") == []


def rows(categories: dict[str, int], sha256: str = "0") -> Contract:
    """A contract of rows of a number and categories."""
    columns = {
        "row": Column(role="input", codec="raw", dtype="float32", shape=(1 + len(categories),)),
        "label": Column(role="target", codec="plain", dtype="int32"),
    }
    spec = TabularSpec(statistics=ONE.statistics, numbers=("size",), categories=categories, file="c", sha256=sha256)
    return Contract(columns=columns, classes=("a", "b"), input_specs={"row": spec})


def sounds(rate: int) -> Contract:
    """A contract of audio."""
    column = Column(role="input", codec="raw", dtype="int16", shape=(8000,))
    columns = {"audio": column, "label": Column(role="target", codec="plain", dtype="int32")}
    return Contract(columns=columns, classes=("dog", "rain"), input_specs={"audio": AudioSpec(rate=rate)})


def record_contract(*names: str, shape: tuple[int | None, ...] = (8, 8, 1), sha256: str = "1") -> Contract:
    """Return a contract of records of images, and of texts for the name `title`."""
    inputs, columns = {}, {"label": Column(role="target", codec="plain", dtype="int32")}
    for name in names:
        one = text_contract(sha256) if name == "title" else contract(shape=shape)
        columns[name] = one.named("input")[1]
        inputs[name] = one.spec
    return Contract(columns=columns, classes=("a", "b"), input_specs=inputs, is_record=True)


def test_records_of_the_same_inputs_match_in_any_order() -> None:
    require_same_input(record_contract("photo", "title"), record_contract("title", "photo"), "the table")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (contract(), "takes record inputs, but the table holds image inputs"),
        (record_contract("photo"), "takes the inputs photo, title, but the table holds photo"),
        (
            record_contract("photo", "title", shape=(9, 8, 1)),
            r"the input photo of the table holds inputs of shape \(9, 8",
        ),
        (record_contract("photo", "title", sha256="2"), "than the input title of the table is prepared with"),
    ],
)
def test_records_of_other_inputs_are_refused(table: Contract, message: str) -> None:
    with pytest.raises(DataError, match=message):
        require_same_input(record_contract("photo", "title"), table, "the table")


def test_changed_inputs_of_a_served_record_are_named() -> None:
    old = record_contract("photo", "title")
    assert interface_changes(old, record_contract("photo", "title", sha256="2")) == []
    (shape,) = interface_changes(old, record_contract("photo", "title", shape=(9, 8, 1)))
    assert shape.startswith("photo: Inputs were image of shape (8, 8, 1)")
    assert interface_changes(old, record_contract("photo")) == [
        "The inputs were several (photo, title) and are several (photo)."
    ]
    assert interface_changes(contract(), old) == ["The input was image and is several (photo, title)."]


def test_pretrained_bundle_of_records_with_another_tokenizer_is_refused() -> None:
    pretrained = record_contract("photo", "title")
    assert transfer_changes(pretrained, record_contract("photo", "title"), "the table") == []
    with pytest.raises(DataError, match="another tokenizer for the input title than the table"):
        transfer_changes(pretrained, record_contract("photo", "title", sha256="2"), "the table")


def test_changed_preparation_of_a_named_input_is_described() -> None:
    before = {"inputs": {"photo": {"kind": "image", "resize": "crop", "missing": "reject"}}}
    after = {"inputs": {"photo": {"kind": "image", "resize": "pad", "missing": "empty"}}}
    changes = changed_preparation("record", before, after)
    assert changes == "inputs.photo.missing (reject and empty), inputs.photo.resize (crop and pad)"
    assert changed_preparation("record", before, before) == ""
